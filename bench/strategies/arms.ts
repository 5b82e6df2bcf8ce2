import { strategySettings } from './settings.ts'

/** What is compared: how the teacher is asked, and nothing else. May be changed because of what the table shows; settings.ts may not. */
export type Arm = {
  readonly id: string
  readonly prompt: Readonly<Record<string, unknown>>
}

export const baselineArm: Arm = { id: 'joint, Alpaca’s prompt', prompt: strategySettings.baseline }

export const arms: readonly Arm[] = [
  baselineArm,
  { id: 'compact, 30 tasks', prompt: { strategy: 'compact', seedsPerPrompt: 3, tasksPerCall: 30 } },
  { id: 'instruction-first, 40 tasks', prompt: { strategy: 'instruction-first', seedsPerPrompt: 3, tasksPerCall: 40, answersPerCall: 20 } },
]

/** The recipe's prompts; a row of its own, at its own threshold. */
export const selfInstructArm: Arm = {
  id: 'staged (recipe self-instruct)',
  prompt: { strategy: 'staged', seedsPerPrompt: 8, tasksPerCall: 7 },
}
