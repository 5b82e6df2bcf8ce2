import type { FinishReason, Message, SeedTask, Task } from '@sedi/spec'

/** One item of a reply, in reply order: a task, or text that is none. */
export type ParsedItem =
  | { readonly ok: true; readonly task: Task }
  | { readonly ok: false; readonly reason: 'malformed' | 'truncated'; readonly excerpt: string; readonly problem: string }

/** How the teacher is asked, and how its reply is read. */
export type PromptStrategy = {
  readonly id: string
  prompt(seeds: readonly SeedTask[], options: { readonly tasksPerCall: number }): readonly Message[]
  /** Never throws, whatever the text. The last item of a reply that hit its length limit is reported as truncated. */
  parse(text: string, finishReason: FinishReason): readonly ParsedItem[]
}
