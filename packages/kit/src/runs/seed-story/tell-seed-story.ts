import { maskRule, policyOf, toUsd } from '@sedi/pipeline'
import type { BatchFact, CandidateFact, Ledger, RejectionReason, RunConfig, SeedEventFact, Verifier } from '@sedi/spec'
import type { SeedEntry, SeedFigures, SeedStory } from '@sedi/spec/api'
import { trainerCapabilities } from '@sedi/trainers'
import { createVerifier } from '../../adapters.ts'
import { begunConfigOf } from '../run-config-of.ts'
import { type PromptsWith, promptsWith } from './prompts-with.ts'
import { mean, median, type Training, trainingOfRun } from './trained-children.ts'

/** A seed’s whole story, from the run’s ledger; only what is right and wrong is asked of the run’s verifier. Cost O(answers + batches of the run). */
export async function tellSeedStory(ledger: Ledger, seedId: string): Promise<SeedStory> {
  const config = await begunConfigOf(ledger)
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
