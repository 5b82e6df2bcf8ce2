import { type Check, type CheckModes, type CheckOutcome, checks, createChecks, type HeuristicSet } from '@sedi/pipeline'
import { SediError, type Task } from '@sedi/spec'
import { taskOfRecord } from '@sedi/store'
import { loadBenchmarks } from '../inputs/load-benchmarks.ts'

/** Rules and checks of `sedi filter`, on the rows of a file. */
export type FileCheckOptions = {
  /** Ids of checks; a row in which one finds something is rejected. @default none */
  readonly checks?: readonly string[] | undefined
  /** Files whose questions must not be in the data; with any, the check `contamination` looks for them. */
  readonly benchmarks?: readonly string[] | undefined
}

/** A row: its record, and the text of the field that is compared. */
export type CheckedRow = { readonly record: object; readonly field: string; readonly text: string }

export type FileChecks = {
  /** The first thing that speaks against a row: a rule, then the checks. */
  find(row: CheckedRow, rules: HeuristicSet): Promise<{ readonly reason: 'heuristic' | 'check' | 'contaminated'; readonly detail: string } | undefined>
  /** The reasons that the checks can give, with their counts. */
  count(counts: { readonly check: number; readonly contaminated: number }): { readonly check?: number; readonly contaminated?: number }
  /** Rows that each check rejected; nothing without checks. */
  result(): { readonly checks?: Readonly<Record<string, number>> }
}

const all: readonly Check[] = Object.values(checks)

/** The checks that need nothing but a row. */
export const fileCheckNames: readonly string[] = all
  .filter(({ id, needsPrompt, cost }) => !needsPrompt && cost !== 'request' && id !== 'contamination')
  .map(({ id }) => id)

/** Throws `invalid-config` for a check that does not exist or cannot look at a file. */
export async function openFileChecks({ checks: wanted = [], benchmarks = [] }: FileCheckOptions): Promise<FileChecks> {
  for (const id of wanted) assertUsable(id, benchmarks.length > 0)
  const ids = benchmarks.length > 0 ? [...wanted, 'contamination'] : wanted
  const modes: CheckModes = Object.fromEntries(ids.map((id) => [id, 'drop']))
  const active = createChecks(modes, { benchmarks: await loadBenchmarks(benchmarks) })
  const found: Record<string, number> = Object.fromEntries(active.active.map((id) => [id, 0]))
  const can = (reason: string): boolean => all.some((check) => active.active.includes(check.id) && (check.reason ?? 'check') === reason)

  return {
    async find({ record, field, text }, rules) {
      const read = field === 'instruction' ? taskOfRecord(record) : { problem: '' }
      const task: Task = 'task' in read ? read.task : { instruction: text, input: '', output: '' }
      const broken = rules.check(task) ?? ('task' in read ? rules.checkAnswer?.(task) : undefined)
      if (broken !== undefined) return { reason: 'heuristic', detail: broken }
      if (active.active.length === 0) return undefined
      const [outcome] = await active.run([task])
      return reject(outcome!)
    },
    count: ({ check, contaminated }) => ({ ...(can('check') && { check }), ...(can('contaminated') && { contaminated }) }),
    result: () => (active.active.length === 0 ? {} : { checks: found }),
  }

  function reject({ dropped }: CheckOutcome) {
    if (dropped === undefined) return undefined
    const id = dropped.detail.slice(0, dropped.detail.indexOf(':'))
    found[id] = (found[id] ?? 0) + 1
    return { ...dropped, reason: dropped.reason === 'contaminated' ? ('contaminated' as const) : ('check' as const) }
  }
}

function assertUsable(id: string, hasBenchmarks: boolean): void {
  if (fileCheckNames.includes(id) || (id === 'contamination' && hasBenchmarks)) return
  const check = all.find((one) => one.id === id)
  if (check === undefined) throw new SediError('invalid-config', `--checks: expected some of ${fileCheckNames.join(', ')}; got ${id}.`)
  if (id === 'contamination') throw new SediError('invalid-config', '--checks contamination: name the test sets with --against-benchmark.')
  const why = check.needsPrompt
    ? 'it compares a task with the prompt it was written from, which a file does not have'
    : 'it asks a service, which only a run’s configuration can name'
  throw new SediError('unsupported', `--checks ${id}: ${why}.`)
}
