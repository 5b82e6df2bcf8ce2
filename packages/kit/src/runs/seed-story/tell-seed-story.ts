import { maskRule, policyOf, toUsd } from '@sedi/pipeline'
import type { BatchFact, CandidateFact, Ledger, RejectionReason, RunConfig, SeedEventFact, Verification, Verifier } from '@sedi/spec'
import { trainerCapabilities } from '@sedi/trainers'
import { createVerifier } from '../../adapters.ts'
import { type PromptsWith, promptsWith } from './prompts-with.ts'
import { mean, median, type Training, trainingOfRun } from './trained-children.ts'

/** Everything that is known of one seed: how it came, what was written when the teacher saw it, how it ended. Dollars; signals in the signal’s unit. */
export type SeedStory = {
  readonly seedId: string
  readonly origin: 'human' | 'machine'
  /** The rule by which the run’s seeds change (`seedPolicy.rule`), and the signal its batches have; `used`: whether the rule looks at it. */
  readonly rule: string
  readonly signal: { readonly id: string; readonly measure: string; readonly used: boolean; readonly meanOfRun: number | null } | null
  /** Each time it joined and left the seed set, in order. */
  readonly entries: readonly SeedEntry[]
  /** What the verifier says of its own answer; null in a run without one. */
  readonly answer: (Verification & { readonly by: string }) | null
  /** By round, for rounds in which it was shown. */
  readonly rounds: readonly SeedRound[]
  readonly total: SeedFigures
  /** The kept children that became seeds themselves, in order. */
  readonly heirs: readonly { readonly seedId: string; readonly round: number; readonly evictedInRound: number | null }[]
  readonly cost: {
    /** The prompts that showed it, with all that was asked later about their items; each showed other seeds as well. Null when a price is unknown. */
    readonly usd: number | null
    readonly perKeptUsd: number | null
    /** The same of the whole run. */
    readonly perKeptOfRunUsd: number | null
    readonly seedsPerPrompt: number
  }
  readonly end: {
    readonly state: 'seed' | 'evicted'
    /** Rounds that were complete when this was told. */
    readonly roundsDone: number
    readonly runState: string
    /** The seed set then, how many of it were human, and how many have to stay so (`seedPolicy.protectHuman`). */
    readonly seeds: number
    readonly humans: number
    readonly humanFloor: number
  }
}

/** One stay in the seed set. */
export type SeedEntry = {
  readonly added: SeedEventFact
  /** The batch it was picked from, where it was. */
  readonly batch: (Pick<BatchFact, 'step' | 'round' | 'epoch' | 'composer' | 'diversity'> & { readonly rows: number; readonly signal: number | null }) | null
  /** Whose place it took; null for those that were there from the beginning. */
  readonly inPlaceOf: Pick<SeedEventFact, 'seedId' | 'origin' | 'reason'> | null
  /** Whether it had to pass the checks before promotion (`feedback.verify`). */
  readonly verified: boolean
  readonly evicted: SeedEventFact | null
  /** Who got its place. */
  readonly replacedBy: string | null
}

export type SeedRound = SeedFigures & { readonly round: number; readonly heirs: number }

/** What came of prompts that showed the seed. Its children are the items written there, whichever of the shown seeds they resemble. */
export type SeedFigures = {
  /** Prompts that showed it, of all. */
  readonly shown: number
  readonly prompts: number
  readonly written: number
  readonly kept: number
  readonly rejected: Readonly<Partial<Record<RejectionReason, number>>>
  /** Kept children in which a check saw something. */
  readonly flagged: number
  /** Kept children whose answer the verifier calls wrong, of those it can judge; null in a run without one. */
  readonly wrong: { readonly count: number; readonly of: number } | null
  /** Kept children that were in a batch; of those, how many a mask left out of a loss at least once (null without a mask). */
  readonly trained: number
  readonly masked: number | null
  /** Median over the children of their gap at the first visit, nats per token; null where no trainer told. */
  readonly medianFirstGap: number | null
  /** Mean signal of the batches its kept children were in, once for each child and batch; null without one. */
  readonly meanSignal: number | null
}

/** A seed’s whole story, from the run’s ledger; only what is right and wrong is asked of the run’s verifier. Cost O(answers + batches of the run). */
export async function tellSeedStory(ledger: Ledger, seedId: string): Promise<SeedStory> {
  const [run] = await ledger.find('run')
  const config = run!.config as unknown as RunConfig
  const events = await ledger.find('seed-event')
  const prompts = await promptsWith(ledger, seedId)
  const training = await trainingOfRun(ledger, config)
  const verifier = await createVerifier(config)
  const own = events.filter((event) => event.seedId === seedId)
  const heirs = heirsOf(prompts.children, events)
  const wrong = await verdictsOn(prompts.children, verifier)
  const figures = (children: readonly CandidateFact[], shown: number, all: number): SeedFigures =>
    figuresOf(children, { shown, prompts: all, wrong, training, masks: maskRule(config, trainerCapabilities(config.trainer)) !== 'none' })
  const shownIn = [...prompts.rounds].filter(([, { shown }]) => shown > 0).sort(([a], [b]) => a - b)
  const active = activeAtEnd(events)
  return {
    seedId,
    origin: own[0]!.origin,
    rule: config.seedPolicy.rule,
    signal: training.signal === undefined ? null : { ...training.signal, used: policyOf(config).needs.signal, meanOfRun: training.meanSignal },
    entries: await entriesOf(own, events, { ledger, training, verified: config.feedback.verify }),
    answer: verifier === undefined ? null : { ...(await verifier.verify(own[0]!)), by: verifier.id },
    rounds: shownIn.map(([round, { shown, all }]) => {
      const children = prompts.children.filter((child) => child.round === round)
      const ids = new Set(children.map(({ id }) => id))
      return { round, ...figures(children, shown, all), heirs: heirs.filter((heir) => ids.has(heir.seedId)).length }
    }),
    total: figures(prompts.children, prompts.shown.length, sum([...prompts.rounds.values()].map(({ all }) => all))),
    heirs,
    cost: await costOf(ledger, prompts, config),
    end: {
      state: active.some((seed) => seed.seedId === seedId) ? 'seed' : 'evicted',
      roundsDone: (await ledger.find('stage', { stage: 'reseed' })).length,
      runState: (await ledger.find('run-state')).at(-1)?.state ?? 'created',
      seeds: active.length,
      humans: active.filter(({ origin }) => origin === 'human').length,
      humanFloor: Math.ceil(active.length * config.seedPolicy.protectHuman),
    },
  }
}

type Telling = { readonly ledger: Ledger; readonly training: Training; readonly verified: boolean }

async function entriesOf(own: readonly SeedEventFact[], events: readonly SeedEventFact[], { ledger, training, verified }: Telling): Promise<SeedEntry[]> {
  const entries: SeedEntry[] = []
  for (const added of own.filter(({ action }) => action === 'add')) {
    const evicted = own.find(({ action, index }) => action === 'evict' && index > added.index) ?? null
    const left = added.round === 0 ? undefined : partnerOf(added, events)
    const [batch] = added.step === null ? [] : await ledger.find('batch', { step: added.step })
    entries.push({
      added,
      batch: batch === undefined ? null : { ...placeOf(batch), signal: training.signalOf(batch.step) ?? null },
      inPlaceOf: left === undefined ? null : { seedId: left.seedId, origin: left.origin, reason: left.reason },
      verified: added.origin === 'machine' && verified,
      evicted,
      replacedBy: evicted === null ? null : (partnerOf(evicted, events)?.seedId ?? null),
    })
  }
  return entries
}

/** Of a round's changes the n-th that leaves makes room for the n-th that joins: the size of the seed set stays what it was. */
function partnerOf(event: SeedEventFact, events: readonly SeedEventFact[]): SeedEventFact | undefined {
  const sameRound = events.filter(({ round }) => round === event.round)
  const place = sameRound.filter(({ action }) => action === event.action).findIndex(({ index }) => index === event.index)
  return sameRound.filter(({ action }) => action !== event.action)[place]
}

const placeOf = ({ step, round, epoch, composer, diversity, exampleIds }: BatchFact) => ({ step, round, epoch, composer, diversity, rows: exampleIds.length })

function heirsOf(children: readonly CandidateFact[], events: readonly SeedEventFact[]): SeedStory['heirs'] {
  const ids = new Set(children.map(({ id }) => id))
  return events
    .filter(({ action, origin, seedId }) => action === 'add' && origin === 'machine' && ids.has(seedId))
    .map(({ seedId, round, index }) => {
      const gone = events.find((event) => event.action === 'evict' && event.seedId === seedId && event.index > index)
      return { seedId, round, evictedInRound: gone?.round ?? null }
    })
}

/** Of kept children, by id: whether the answer is wrong; without those that the verifier cannot judge. Undefined without one. */
async function verdictsOn(children: readonly CandidateFact[], verifier: Verifier | undefined): Promise<ReadonlyMap<string, boolean> | undefined> {
  if (verifier === undefined) return undefined
  const verdicts = new Map<string, boolean>()
  for (const child of children) {
    if (child.verdict !== 'kept') continue
    const { verdict } = await verifier.verify(child)
    if (verdict !== 'unknown') verdicts.set(child.id, verdict === 'wrong')
  }
  return verdicts
}

type Counting = {
  readonly shown: number
  readonly prompts: number
  readonly wrong: ReadonlyMap<string, boolean> | undefined
  readonly training: Training
  readonly masks: boolean
}

function figuresOf(children: readonly CandidateFact[], { shown, prompts, wrong, training, masks }: Counting): SeedFigures {
  const kept = children.filter(({ verdict }) => verdict === 'kept')
  const judged = kept.flatMap(({ id }) => wrong?.get(id) ?? [])
  const trained = kept.flatMap(({ id }) => training.of(id) ?? [])
  const rejected: Partial<Record<RejectionReason, number>> = {}
  for (const { reason } of children) if (reason !== null) rejected[reason] = (rejected[reason] ?? 0) + 1
  return {
    shown,
    prompts,
    written: children.length,
    kept: kept.length,
    rejected,
    flagged: kept.filter(({ flags }) => flags.length > 0).length,
    wrong: wrong === undefined ? null : { count: judged.filter(Boolean).length, of: judged.length },
    trained: trained.length,
    masked: masks ? trained.filter(({ masked }) => masked).length : null,
    medianFirstGap: median(trained.flatMap(({ firstGap }) => firstGap ?? [])),
    meanSignal: mean(trained.flatMap(({ signals }) => signals)),
  }
}

async function costOf(ledger: Ledger, { costNanoUsd, children }: PromptsWith, { prompt }: RunConfig): Promise<SeedStory['cost']> {
  const { settledNanoUsd, unpricedCalls, kept: keptOfRun } = await ledger.totals()
  const kept = children.filter(({ verdict }) => verdict === 'kept').length
  return {
    usd: costNanoUsd === null ? null : toUsd(costNanoUsd),
    perKeptUsd: costNanoUsd === null || kept === 0 ? null : toUsd(costNanoUsd) / kept,
    perKeptOfRunUsd: unpricedCalls > 0 || keptOfRun === 0 ? null : toUsd(settledNanoUsd) / keptOfRun,
    seedsPerPrompt: prompt.seedsPerPrompt,
  }
}

function activeAtEnd(events: readonly SeedEventFact[]): readonly SeedEventFact[] {
  const active = new Map<string, SeedEventFact>()
  for (const event of events) {
    if (event.action === 'add') active.set(event.seedId, event)
    else active.delete(event.seedId)
  }
  return [...active.values()]
}

const sum = (values: readonly number[]): number => values.reduce((all, value) => all + value, 0)
