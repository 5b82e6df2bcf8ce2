import type { Message } from '@sedi/spec'
import { type NumberedTask, readNumberedTasks } from '../numbered-tasks.ts'

export type PromptReading = {
  readonly examples: readonly NumberedTask[]
  /** Tasks asked for, 1 to 200. */
  readonly taskCount: number
  /** The number the first new task should carry. */
  readonly firstNumber: number
}

const defaultTaskCount = 20
const mostTasks = 200

/** What the teacher makes of a prompt. Any text will do: what it does not find has a default. */
export function readPrompt(messages: readonly Message[]): PromptReading {
  const text = messages.map((message) => message.content).join('\n')
  const examples = readNumberedTasks(text)
  const asked = /\b(\d{1,6})\s+(?:(?:new|more|further|diverse|other)\s+){0,2}tasks?\b/i.exec(text)?.[1]
  const numbered = /\bnumbered\s+(\d{1,6})\b/i.exec(text)?.[1]
  return {
    examples,
    taskCount: Math.min(mostTasks, Math.max(1, Number(asked ?? defaultTaskCount))),
    firstNumber: Number(numbered ?? (examples.at(-1)?.number ?? 0) + 1),
  }
}
