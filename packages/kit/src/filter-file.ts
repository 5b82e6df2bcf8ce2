import { createNoveltyIndex, createTokenizerLossCounter, type TokenizerName, tokenizers } from '@sedi/core'
import { heuristics } from '@sedi/pipeline'
import { type Issue, SediError } from '@sedi/spec'
import { readTexts } from './inputs/read-texts.ts'

export type FilterOptions = {
  readonly threshold: number
  /** The field that is compared. @default 'instruction' */
  readonly field?: string | undefined
  /** How texts are split into words. @default 'rouge' */
  readonly tokenizer?: TokenizerName | undefined
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
  /** What to tell people about the result: a tokenizer that does not see most of the texts. */
  readonly warnings: readonly string[]
}

/**
 * Keeps the rows of a file whose text is new: row i is compared with the rows kept before it, and is rejected when its highest ROUGE-L F
 * is greater than the threshold, in rouge_score's arithmetic. Order is the input's. Broken rows are counted and named; they stop nothing
 * unless `strict`.
 */
export async function filterFile(path: string, options: FilterOptions): Promise<FilterResult> {
  const { threshold, field = 'instruction', tokenizer = 'rouge' } = options
  if (!(threshold >= 0 && threshold <= 1)) throw new SediError('invalid-config', `--threshold: expected a number from 0 to 1, got ${threshold}.`)
  const rules = heuristics[(options.heuristics ?? 'none') as keyof typeof heuristics]
  if (rules === undefined)
    throw new SediError('invalid-config', `--heuristics: expected one of ${Object.keys(heuristics).join(', ')}; got ${options.heuristics}.`)

  if (!(tokenizer in tokenizers)) throw new SediError('invalid-config', `--tokenizer: expected one of ${Object.keys(tokenizers).join(', ')}; got ${tokenizer}.`)

  const startedAt = performance.now()
  // Nobody looks at the nearest text of a row that is kept, and it costs a multiple of the decision.
  const index = createNoveltyIndex({ tokenizer, nearest: 'rejected', threshold: Math.max(0.3, threshold) })
  const loss = createTokenizerLossCounter(tokenizer)
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
    loss.add(text)
    const why = decide(text)
    if (why === undefined) enter(text, String(line))
    counts[why?.reason ?? 'kept']++
    await options.onDecision?.(record, why)
  }
  const rejected = { similar: counts.similar, heuristic: counts.heuristic, malformed: issues.length }
  const { warning } = loss.result()
  return {
    read: counts.read + issues.length,
    kept: counts.kept,
    rejected,
    threshold,
    elapsedMs: Math.round(performance.now() - startedAt),
    issues,
    warnings: warning === undefined ? [] : [warning],
  }
}
