import type { CallOptions, CheckMode, Moderator, RejectionReason, Task } from '@sedi/spec'

/** One file in `checks/` exports one of these; `id` is the file's name and the key in `filter.checks`. */
export type Check = {
  readonly id: string
  /** What it looks for, for the docs table: “e-mail addresses, …”. */
  readonly title: string
  readonly defaultMode: CheckMode
  /** What a candidate is rejected with. @default 'check' */
  readonly reason?: RejectionReason | undefined
  /** It compares a task with what it was written from, so it finds nothing in tasks of a file. @default false */
  readonly needsPrompt?: boolean | undefined
  /** `request` when it asks a service; such checks see only what the others let pass. @default 'computation' */
  readonly cost?: 'computation' | 'request' | undefined
  create(resources: CheckResources): Finder
}

export function defineCheck(check: Check): Check {
  return check
}

/** What checks are made with, once per run. */
export type CheckResources = {
  readonly benchmarks: readonly BenchmarkItem[]
  /** A check that needs it says so when it is made. */
  readonly moderator?: Moderator | undefined
  /** Waits before a request is tried again; the default sleeps. */
  readonly wait?: ((ms: number, call: CallOptions) => Promise<void>) | undefined
}

/** A question of a benchmark. */
export type BenchmarkItem = {
  /** File and line, as a person finds it: `mmlu.jsonl:132`. */
  readonly place: string
  readonly text: string
}

/** What the tasks were written from; empty for tasks of a file. */
export type CheckContext = {
  /** The messages' texts as they were sent. */
  readonly prompt: readonly string[]
  readonly seeds: readonly Task[]
}

/**
 * What is wrong with each task, in words that do not repeat personal data; undefined where nothing is. Never throws because of a task.
 * A task without an output is one whose answer is still to be bought: only what is there is judged.
 */
export type Finder = (tasks: readonly Task[], context: CheckContext, call: CallOptions) => Findings | Promise<Findings>
export type Findings = readonly (string | undefined)[]

/** A finder that looks at one task at a time. */
export const eachTask =
  (find: (task: Task, context: CheckContext) => string | undefined): (() => Finder) =>
  () =>
  (tasks, context) =>
    tasks.map((task) => find(task, context))

export const fieldNames = ['instruction', 'input', 'output'] as const

/** `what` of each field that has it, in words: `an e-mail address in the input, a phone number in the output`. */
export function describeFields(task: Task, find: (text: string) => readonly string[]): string | undefined {
  const found = fieldNames.flatMap((field) => {
    const kinds = find(task[field])
    return kinds.length === 0 ? [] : [`${kinds.join(' and ')} in the ${field}`]
  })
  return found.length === 0 ? undefined : found.join(', ')
}
