import { createNoveltyIndex, type TokenizerName } from '@sedi/core'
import { createMeaningIndex, heuristics, type MeaningIndex, type PromptStrategy, strategies } from '@sedi/pipeline'
import { type CandidateFact, type Issue, type Ledger, type RunConfig, SediError, type SemanticFilterConfig } from '@sedi/spec'
import { createSemanticFilter } from '../adapters.ts'
import { type FilterOptions, openMeanings } from '../files/filter-file.ts'
import { readTexts } from '../inputs/read-texts.ts'
import { begunConfigOf } from '../runs/run-config-of.ts'

/** A data file, read as `filterFile` reads it, or what a run recorded. */
export type ReplaySource =
  | ({ readonly file: string } & Pick<FilterOptions, 'field' | 'tokenizer' | 'against' | 'heuristics' | 'strict'>)
  | { readonly ledger: Ledger }

export type ReplayOptions = {
  /**
   * Whose threshold varies. `rouge-l`: a run's semantic filter, if it had one, stays as it was. `cosine`: the ROUGE-L filter stays as it was in a run, or
   * at `threshold` in a file. @default 'rouge-l'
   */
  readonly by?: 'rouge-l' | 'cosine' | undefined
  /** For `cosine` in a file: the ROUGE-L threshold. @default 0.85 */
  readonly threshold?: number | undefined
  /** For `cosine`: the embedder. @default that of the run's `filter.semantic`, else 'word-parts' */
  readonly embedder?: string | undefined
  /** Leaves a run’s semantic filter out: what the words alone would have decided. @default false */
  readonly wordsOnly?: boolean | undefined
  /** Told of every text that reached the filter, once for each threshold (by its place in the list), in the order of the texts. */
  readonly onVerdict?: ((text: string, place: number, kept: boolean) => void) | undefined
  /** Told now and then how many candidates have been looked at. */
  readonly onProgress?: ((done: number) => void) | undefined
}

export type FilterReplay = {
  /** The run's id; null for a file. */
  readonly run: string | null
  /** Texts compared with but never kept: a run's human seeds and the texts of its `filter.against`, or the rows of `against`. */
  readonly known: number
  /** Texts that reached the similarity filter. */
  readonly candidates: number
  /** Stopped before it, at any threshold alike: broken or malformed rows, named rules, and in a run truncated and contaminated items too. */
  readonly rejectedBefore: number
  /** Both together: everything that was written. */
  readonly raw: number
  /** Whose threshold varies. */
  readonly by: 'rouge-l' | 'cosine'
  /** What the run itself did (its threshold is null when it had no such filter); null for a file. */
  readonly recorded: { readonly threshold: number | null; readonly kept: number; readonly unanswered: number } | null
  /** One per threshold, in the order given. */
  readonly thresholds: readonly ReplayedThreshold[]
  readonly elapsedMs: number
  /** Broken rows of a file. */
  readonly issues: readonly Issue[]
}

export type ReplayedThreshold = {
  readonly threshold: number
  readonly kept: number
  readonly similar: number
  /** Where a semantic filter took part. */
  readonly 'similar-meaning'?: number
  /** Of a run that buys answers later: passed the filter, and its answer spoiled it in the run. Later texts were compared with it all the same. */
  readonly unanswered?: number
}

/**
 * What the similarity filter would have kept at other thresholds, exactly: each threshold has a pool of its own, which the texts meet in their
 * order, so a text rejected at 0.7 blocks nothing there and may block others at 0.9.
 *
 * For a run the human seeds and existing texts come first, then every candidate in run order that reached the filter, streamed from the ledger; its own threshold
 * gives exactly what it kept. Where answers are bought later, an item for which the run asked none counts as kept when it passes. The answers
 * are those the run bought: with another threshold later prompts could have shown other seeds, and a target of kept instructions would have
 * been met earlier or later. 0.7 is the filter of Self-Instruct over the same candidates.
 * Cost: that of one filter run per threshold; memory the kept texts of all of them.
 */
export async function replayFilter(source: ReplaySource, thresholds: readonly number[], options: ReplayOptions = {}): Promise<FilterReplay> {
  if (thresholds.length === 0) throw new SediError('invalid-config', '--thresholds: expected at least one number from 0 to 1, got none.')
  const wrong = thresholds.find((threshold) => !(threshold >= 0 && threshold <= 1))
  if (wrong !== undefined) throw new SediError('invalid-config', `--thresholds: expected numbers from 0 to 1, got ${wrong}.`)
  const startedAt = performance.now()
  const run = 'ledger' in source ? await begunConfigOf(source.ledger) : undefined
  const tokenizer = 'ledger' in source ? run!.filter.tokenizer : (source.tokenizer ?? 'rouge')
  const { by = 'rouge-l' } = options
  const pools = await Promise.all(
    thresholds.map(async (threshold) => createReplayPool({ threshold, tokenizer, ...(await filtersOf(threshold, run?.filter, options)) })),
  )
  const offer = offerTo(pools, options)
  const counts = 'ledger' in source ? await replayRun(source.ledger, run!, { pools, by, offer }) : await replayFile(source, pools, offer)
  return {
    ...counts,
    raw: counts.candidates + counts.rejectedBefore,
    by,
    thresholds: pools.map(({ threshold, counts }) => ({ threshold, ...counts() })),
    elapsedMs: Math.round(performance.now() - startedAt),
  }
}

type Filters = { readonly lexical: number; readonly semantic: { readonly threshold: number; readonly meanings: MeaningIndex } | undefined }

async function filtersOf(
  threshold: number,
  run: RunConfig['filter'] | undefined,
  { by, threshold: lexical, embedder, wordsOnly = false }: ReplayOptions,
): Promise<Filters> {
  if (by === 'cosine') {
    const meanings = run?.semantic === undefined || embedder !== undefined ? await openMeanings({ threshold, embedder }) : await meaningsOf(run.semantic)
    return { lexical: run?.threshold ?? lexical ?? 0.85, semantic: { threshold, meanings } }
  }
  if (wordsOnly) return { lexical: threshold, semantic: undefined }
  return { lexical: threshold, semantic: run?.semantic && { threshold: run.semantic.threshold, meanings: await meaningsOf(run.semantic) } }
}

const meaningsOf = async (semantic: SemanticFilterConfig): Promise<MeaningIndex> =>
  createMeaningIndex(await createSemanticFilter(semantic), { nearest: 'rejected' })

type ReplayPool = {
  readonly threshold: number
  know(text: string): Promise<void>
  /** Says whether it passed; `spoiled`: it would not have been kept then either, but would have been known from there on. */
  offer(text: string, spoiled: boolean): Promise<boolean>
  counts(): Omit<FilterReplay['thresholds'][number], 'threshold'>
}

function createReplayPool({
  threshold,
  tokenizer,
  lexical,
  semantic,
}: Filters & { readonly threshold: number; readonly tokenizer: TokenizerName }): ReplayPool {
  // 0.3 is the lowest threshold the index is built for; below it answers by scanning, as exactly.
  const index = createNoveltyIndex({ tokenizer, threshold: Math.max(0.3, lexical), nearest: 'rejected' })
  const counted = { kept: 0, similar: 0, 'similar-meaning': 0, unanswered: 0 }
  async function know(text: string): Promise<void> {
    index.add(text)
    await semantic?.meanings.add([text])
  }
  async function verdictOf(text: string): Promise<'kept' | 'similar' | 'similar-meaning'> {
    if (!index.judge(text, lexical).novel) return 'similar'
    return (await semantic?.meanings.nearestAbove(text, semantic.threshold)) === undefined ? 'kept' : 'similar-meaning'
  }
  return {
    threshold,
    know,
    async offer(text, spoiled) {
      const verdict = await verdictOf(text)
      const passed = verdict === 'kept'
      counted[passed && spoiled ? 'unanswered' : verdict]++
      if (passed) await know(text)
      return passed && !spoiled
    },
    counts() {
      const { 'similar-meaning': alike, unanswered, ...always } = counted
      return { ...always, ...(semantic === undefined ? {} : { 'similar-meaning': alike }), ...(unanswered === 0 ? {} : { unanswered }) }
    },
  }
}

type Counts = Omit<FilterReplay, 'by' | 'raw' | 'thresholds' | 'elapsedMs'>

type Offer = (text: string, spoiled?: boolean) => Promise<void>

/** How many candidates lie between two words about progress. */
const progressEvery = 5000

function offerTo(pools: readonly ReplayPool[], { onVerdict, onProgress }: ReplayOptions): Offer {
  let offered = 0
  return async (text, spoiled = false) => {
    for (const [place, pool] of pools.entries()) {
      const kept = await pool.offer(text, spoiled)
      onVerdict?.(text, place, kept)
    }
    offered++
    if (offered % progressEvery === 0) onProgress?.(offered)
  }
}

type Replaying = { readonly pools: readonly ReplayPool[]; readonly by: FilterReplay['by']; readonly offer: Offer }

async function replayRun(ledger: Ledger, { filter, prompt }: RunConfig, { pools, by, offer }: Replaying): Promise<Counts> {
  const before = [...(await ledger.find('seed-event', { action: 'add', origin: 'human' })), ...(await ledger.find('existing'))]
  for (const { instruction } of before) for (const pool of pools) await pool.know(instruction)
  const strategy: PromptStrategy = strategies[prompt.strategy as keyof typeof strategies]
  const counts = { kept: 0, similar: 0, spoiled: 0, before: 0 }
  for await (const candidate of ledger.scan('candidate')) {
    const outcome = outcomeOf(candidate, strategy.followUps !== undefined)
    counts[outcome]++
    if (outcome !== 'before') await offer(candidate.instruction, outcome === 'spoiled')
  }
  return {
    run: ledger.runId,
    known: before.length,
    candidates: counts.kept + counts.similar + counts.spoiled,
    rejectedBefore: counts.before,
    recorded: { threshold: by === 'rouge-l' ? filter.threshold : (filter.semantic?.threshold ?? null), kept: counts.kept, unanswered: counts.spoiled },
    issues: [],
  }
}

/** What the similarity filter had to do with a candidate. `spoiled`: it passed, and what was bought for it later made it useless. */
function outcomeOf({ verdict, reason, output }: CandidateFact, answersLater: boolean): 'kept' | 'similar' | 'spoiled' | 'before' {
  if (verdict === 'kept') return 'kept'
  if (reason === 'similar' || reason === 'similar-meaning') return 'similar'
  // An output there is only if it was asked for, and it was asked for only after the filter.
  return reason === 'unanswered' || (answersLater && output !== '') ? 'spoiled' : 'before'
}

async function replayFile(source: Extract<ReplaySource, { readonly file: string }>, pools: readonly ReplayPool[], offer: Offer): Promise<Counts> {
  const { file, field = 'instruction', against, strict } = source
  const rules = heuristics[(source.heuristics ?? 'none') as keyof typeof heuristics]
  if (rules === undefined)
    throw new SediError('invalid-config', `--heuristics: expected one of ${Object.keys(heuristics).join(', ')}; got ${source.heuristics}.`)
  const issues: Issue[] = []
  const counts = { known: 0, candidates: 0, heuristic: 0 }
  if (against !== undefined) {
    for await (const { text } of readTexts(against, field, [])) {
      counts.known++
      for (const pool of pools) await pool.know(text)
    }
  }
  for await (const { text } of readTexts(file, field, issues, strict)) {
    const broken = rules.check({ instruction: text, input: '', output: '' })
    counts[broken === undefined ? 'candidates' : 'heuristic']++
    if (broken === undefined) await offer(text)
  }
  return { run: null, known: counts.known, candidates: counts.candidates, rejectedBefore: counts.heuristic + issues.length, recorded: null, issues }
}
