import { createNoveltyIndex } from '@sedi/core'
import { heuristics } from '@sedi/pipeline'
import { type Issue, SediError } from '@sedi/spec'
import { readTexts } from './inputs/read-texts.ts'

export type FilterOptions = {
  readonly threshold: number
  /** The field that is compared. @default 'instruction' */
  readonly field?: string | undefined
  /** A file whose texts are in the index from the start and never in the result. */
  readonly against?: string | undefined
  /** A heuristic set to apply before similarity. @default none */
  readonly heuristics?: string | undefined
  /** Fail on the first broken row. @default false */
  readonly strict?: boolean | undefined
  /** Called for each usable row, in input order, and awaited: `why` is undefined when the row is kept. */
  readonly onDecision?: ((record: object, why: Rejection | undefined) => Promise<void>) | undefined
}

export type Rejection = {
  readonly reason: 'similar' | 'heuristic'
  readonly detail: string
  /** The row (by line) it resembles, `against:` before it when it is one of the other file. */
  readonly nearest: string | null
  readonly score: number | null
}

export type FilterResult = {
  readonly read: number
  readonly kept: number
  readonly rejected: { readonly similar: number; readonly heuristic: number; readonly malformed: number }
  readonly threshold: number
  /** From the first byte read to the last decision. */
  readonly elapsedMs: number
  readonly issues: readonly Issue[]
}

/**
 * Keeps the rows of a file whose text is new: row i is compared with the rows kept before it, and is rejected when its highest ROUGE-L F
 * is greater than the threshold, in rouge_score's arithmetic. Order is the input's. Broken rows are counted and named; they stop nothing
 * unless `strict`.
 */
export async function filterFile(path: string, options: FilterOptions): Promise<FilterResult> {
  const { threshold, field = 'instruction' } = options
  if (!(threshold >= 0 && threshold <= 1)) throw new SediError('invalid-config', `--threshold: expected a number from 0 to 1, got ${threshold}.`)
  const rules = heuristics[(options.heuristics ?? 'none') as keyof typeof heuristics]
  if (rules === undefined)
    throw new SediError('invalid-config', `--heuristics: expected one of ${Object.keys(heuristics).join(', ')}; got ${options.heuristics}.`)

  const startedAt = performance.now()
  const index = createNoveltyIndex()
  const names: string[] = []
  const enter = (text: string, name: string): void => {
    names[index.add(text)] = name
  }
  if (options.against !== undefined) {
    for await (const row of readTexts(options.against, field, [])) enter(row.text, `against:${row.line}`)
  }
  function decide(text: string): Rejection | undefined {
    const broken = rules.check({ instruction: text, input: '', output: '' })
    if (broken !== undefined) return { reason: 'heuristic', detail: broken, nearest: null, score: null }
    const { novel, nearest } = index.judge(text, threshold)
    return novel ? undefined : { reason: 'similar', detail: '', nearest: names[nearest!.entry]!, score: nearest!.score }
  }

  const issues: Issue[] = []
  const counts = { read: 0, kept: 0, similar: 0, heuristic: 0 }
  for await (const { text, line, record } of readTexts(path, field, issues, options.strict)) {
    counts.read++
    const why = decide(text)
    if (why === undefined) enter(text, String(line))
    counts[why?.reason ?? 'kept']++
    await options.onDecision?.(record, why)
  }
  const rejected = { similar: counts.similar, heuristic: counts.heuristic, malformed: issues.length }
  return { read: counts.read + issues.length, kept: counts.kept, rejected, threshold, elapsedMs: Math.round(performance.now() - startedAt), issues }
}
