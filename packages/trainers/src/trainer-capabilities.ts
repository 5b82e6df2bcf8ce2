import type { TrainerCapabilities } from '@sedi/spec'
import { trainers } from './backends/registry.gen.ts'
import type { TrainerDefinition } from './define-trainer.ts'

/** What the configured back end can do, without starting anything; undefined for one that is not registered (`none`). */
export function trainerCapabilities(trainer: { readonly id: string } & Readonly<Record<string, unknown>>): TrainerCapabilities | undefined {
  const definition = trainers[trainer.id as keyof typeof trainers] as unknown as TrainerDefinition | undefined
  return definition?.capabilitiesOf?.(trainer) ?? definition?.capabilities
}

/** What a plan should say about the configured back end. */
export function trainerNotes(trainer: { readonly id: string } & Readonly<Record<string, unknown>>): readonly string[] {
  const definition = trainers[trainer.id as keyof typeof trainers] as unknown as TrainerDefinition | undefined
  return definition?.notes?.(trainer) ?? []
}
