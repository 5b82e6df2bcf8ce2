import { createNoveltyIndex, createTokenizerLossCounter, type TokenizerName, tokenizers } from '@sedi/core'
import { createMeaningIndex, heuristics, type MeaningIndex } from '@sedi/pipeline'
import { type Issue, SediError } from '@sedi/spec'
import { createSemanticFilter, embedderDefinition } from '../adapters.ts'
import { readTexts } from '../inputs/read-texts.ts'
import { type CheckedRow, type FileCheckOptions, openFileChecks } from './file-checks.ts'

export type FilterOptions = FileCheckOptions & {
  readonly threshold: number
  /** The field that is compared. @default 'instruction' */
  readonly field?: string | undefined
  /** How texts are split into words. @default 'rouge' */
  readonly tokenizer?: TokenizerName | undefined
  /** A file whose texts are in the index from the start and never in the result. */
  readonly against?: string | undefined
  /** A heuristic set to apply before similarity. @default none */
  readonly heuristics?: string | undefined
  /** A second filter, for what passes the first: reject a row whose cosine with an earlier one is greater than this. @default none */
  readonly semantic?: SemanticOptions | undefined
  /** Fail on the first broken row. @default false */
  readonly strict?: boolean | undefined
  /** Called for each usable row, in input order, and awaited: `why` is undefined when the row is kept. */
  readonly onDecision?: ((record: object, why: Rejection | undefined) => Promise<void>) | undefined
}

export type SemanticOptions = {
  readonly threshold: number
  /** The embedder's id: one that runs here, with rows that depend on the text alone. @default 'word-parts' */
  readonly embedder?: string | undefined
}

export type Rejection = {
  readonly reason: 'similar' | 'similar-meaning' | 'heuristic' | 'check' | 'contaminated'
  readonly detail: string
  /** The row (by line) it resembles, `against:` before it when it is one of the other file. */
  readonly nearest: string | null
  readonly score: number | null
}

export type FilterResult = {
  readonly read: number
  readonly kept: number
  readonly rejected: {
    readonly similar: number
    readonly 'similar-meaning'?: number
    readonly heuristic: number
    /** With checks that can give this reason. */
    readonly check?: number
    readonly contaminated?: number
    readonly malformed: number
  }
  /** With checks: how many rows each of them rejected. */
  readonly checks?: Readonly<Record<string, number>>
  readonly threshold: number
  /** With `semantic`: its threshold and embedder. */
  readonly semantic?: { readonly threshold: number; readonly embedder: string }
  /** From the first byte read to the last decision. */
  readonly elapsedMs: number
  readonly issues: readonly Issue[]
  /** What to tell people about the result: a tokenizer that does not see most of the texts. */
  readonly warnings: readonly string[]
}

/**
 * Keeps the rows of a file whose text is new: row i is compared with the rows kept before it, and is rejected when its highest ROUGE-L F
 * is greater than the threshold, in rouge_score's arithmetic; with `semantic` likewise when its highest cosine is greater than that threshold.
 * Rules and checks come first. Order is the input's. Broken rows are counted and named; they stop nothing unless `strict`.
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
  const meanings = options.semantic && (await openMeanings(options.semantic))
  const checks = await openFileChecks(options)
  const names: string[] = []
  const enter = async (text: string, name: string): Promise<void> => {
    names[index.add(text)] = name
    await meanings?.add([text])
  }
  if (options.against !== undefined) {
    for await (const row of readTexts(options.against, field, [])) await enter(row.text, `against:${row.line}`)
  }
  async function decide(row: CheckedRow): Promise<Rejection | undefined> {
    const { text } = row
    const spoken = await checks.find(row, rules)
    if (spoken !== undefined) return { ...spoken, nearest: null, score: null }
    const { novel, nearest } = index.judge(text, threshold)
    if (!novel) return { reason: 'similar', detail: '', nearest: names[nearest!.entry]!, score: nearest!.score }
    const alike = await meanings?.nearestAbove(text, options.semantic!.threshold)
    return alike && { reason: 'similar-meaning', detail: '', nearest: names[alike.entry]!, score: alike.score }
  }

  const issues: Issue[] = []
  const counts = { read: 0, kept: 0, similar: 0, 'similar-meaning': 0, heuristic: 0, check: 0, contaminated: 0 }
  for await (const { text, line, record } of readTexts(path, field, issues, options.strict)) {
    counts.read++
    loss.add(text)
    const why = await decide({ text, field, record })
    if (why === undefined) await enter(text, String(line))
    counts[why?.reason ?? 'kept']++
    await options.onDecision?.(record, why)
  }
  const byMeaning = options.semantic === undefined ? {} : { 'similar-meaning': counts['similar-meaning'] }
  const rejected = { similar: counts.similar, ...byMeaning, heuristic: counts.heuristic, ...checks.count(counts), malformed: issues.length }
  const { warning } = loss.result()
  return {
    read: counts.read + issues.length,
    kept: counts.kept,
    rejected,
    threshold,
    ...checks.result(),
    ...(options.semantic && { semantic: { threshold: options.semantic.threshold, embedder: options.semantic.embedder ?? 'word-parts' } }),
    elapsedMs: Math.round(performance.now() - startedAt),
    issues,
    warnings: warning === undefined ? [] : [warning],
  }
}

/** An index by meaning for `filter` and `filter-replay`. Throws for a threshold or an embedder it cannot use. */
export async function openMeanings({ threshold, embedder = 'word-parts' }: SemanticOptions): Promise<MeaningIndex> {
  if (!(threshold >= 0 && threshold <= 1)) throw new SediError('invalid-config', `--semantic: expected a number from 0 to 1, got ${threshold}.`)
  const options = embedderDefinition(embedder).options.safeParse({})
  if (!options.success)
    throw new SediError('invalid-config', `--embedder: ${embedder} needs options, which only a run’s configuration can give. Use word-parts.`)
  return createMeaningIndex(await createSemanticFilter({ embedder: { id: embedder, ...options.data }, search: 'exact' }), { nearest: 'rejected' })
}
