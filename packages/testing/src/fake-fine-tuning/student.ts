import { fractions } from '../fake-provider/fractions.ts'
import type { ChatLine } from './check-request.ts'

/** A model of the service: what it has been trained on. */
export type Student = {
  readonly id: string
  readonly stepsBefore: number
  readonly memory: ReadonlyMap<string, string>
  /** Answers 404 until then, milliseconds of the clock. */
  readonly readyAt: number
}

export const baseStudent = (id: string): Student => ({ id, stepsBefore: 0, memory: new Map(), readyAt: 0 })

/** It knows by heart what it was trained on. */
export function trainedStudent(id: string, before: Student, lines: readonly ChatLine[], steps: number, readyAt: number): Student {
  const memory = new Map([...before.memory, ...lines.map(({ prompt, completion }) => [prompt, completion] as const)])
  return { id, stepsBefore: before.stepsBefore + steps, memory, readyAt }
}

/**
 * Mean loss of a step: falls with the steps trained so far, and depends on the rows and on the job: the same file trained twice gives other figures.
 * Six decimals, as a service would write it.
 */
export function lossOf(jobId: string, before: Student, stepsDone: number, batch: readonly ChatLine[]): number {
  const [noise] = fractions(`${jobId}/${JSON.stringify(batch)}`)
  return Number((0.4 + 2 * Math.exp(-(before.stepsBefore + stepsDone) / 40) + 0.05 * noise).toFixed(6))
}

export const answerOf = (student: Student, prompt: string): string => student.memory.get(prompt) ?? 'I do not know.'

/** A token per word or mark; the service's own count, which nobody else needs to agree with. */
export const tokensOf = (text: string): number => text.match(/\w+|[^\s\w]/g)?.length ?? 0
