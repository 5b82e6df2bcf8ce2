import type { FinishReason, GenerateRequest, RunConfig, SeedTask, Task } from '@sedi/spec'

/** One item of a reply, in reply order: a task, or text that is none. */
export type ParsedItem =
  | { readonly ok: true; readonly task: Task }
  | { readonly ok: false; readonly reason: 'malformed' | 'truncated'; readonly excerpt: string; readonly problem: string }

/** The tasks among the items of a reply, in order. */
export const tasksOf = (items: readonly ParsedItem[]): Task[] => items.flatMap((item) => (item.ok ? [item.task] : []))

export type PromptOptions = RunConfig['prompt']

/** What the teacher is asked. A setting that is not given is the generator's own; `maxOutputTokens` is never more than that. */
export type Question = Pick<GenerateRequest, 'messages' | 'stop' | 'responseFormat' | 'temperature' | 'topP'> & {
  readonly maxOutputTokens?: number | undefined
}

export type Reply = { readonly text: string; readonly finishReason: FinishReason }

/**
 * How the teacher is asked, and how its replies are read. One file in `strategies/` exports one of these; `id` is the file's name.
 * Everything in it is a pure function. Prompts begin with what stays the same from call to call, so that provider caches can serve it.
 */
export type PromptStrategy = {
  readonly id: string
  readonly title: string
  /** What `prompt.format` may be. */
  readonly formats: readonly PromptOptions['format'][]
  /** What the first question of a call asks for: recorded with its answer. */
  readonly stage: string
  /** Of the examples shown, so many are instructions that the run had kept when the round began, as far as there are any; the rest are seeds. */
  readonly keptExamples: number
  ask(shown: readonly SeedTask[], options: PromptOptions): Question
  /** Never throws, whatever the text. The last item of a reply that hit its length limit is reported as truncated. */
  read(reply: Reply, options: PromptOptions): readonly ParsedItem[]
  /** Without it a reply's tasks are complete; with it they come with an empty output, and what is missing is bought later. */
  readonly followUps?: FollowUps | undefined
}

/**
 * What is asked about a call's items that passed every check of their instruction. Items are taken in groups, in order; each group has a
 * series of questions of its own, which depends on nothing but the group and its answers.
 */
export type FollowUps = {
  groupSize(options: PromptOptions): number
  /** The question after these answers, or what came of each item of the group. Never throws, whatever the answers. */
  next(group: readonly Task[], answers: readonly Reply[], options: PromptOptions): FollowUpQuestion | Finished
  /** The most that the questions about one group can be: for the estimate of a run's cost. */
  bounds(options: PromptOptions): readonly FollowUpBound[]
}

export type FollowUpQuestion = Question & {
  /** Ends the id of the call: `answer` in `r03-c0012-i07-answer`. No stage comes twice in a series. */
  readonly stage: string
}

export type Finished = { readonly finished: readonly ParsedItem[] }

export type FollowUpBound = {
  readonly stage: string
  /** Bytes of the prompt beside the group's own instructions and inputs. */
  readonly promptBytes: number
  /** Undefined: the generator's own limit. */
  readonly maxOutputTokens: number | undefined
}

/**
 * A longer instruction and input, together and in bytes of UTF-8, is not asked about: what a call can cost has a bound before it is sent.
 * Alpaca's rules stop at 150 words.
 */
export const longestDraftBytes = 4000
