import { closedWindows, createNoveltyIndex, createRng, type Departure, type PolicyExample, type SeedPolicyInput, type Wish, type WishGroup } from '@sedi/core'
import type { SeedEventFact } from '@sedi/spec'
import { finishedStage, finishStage, type Run } from '../run-context.ts'
import type { KeptExample } from '../state/pool.ts'
import { type ProbeDropOf, probeDrops } from '../state/probe-progress.ts'
import { policyOf } from '../state/seed-policy-of.ts'
import type { ActiveSeed } from '../state/seed-set.ts'
import { batchSignals, exampleSignals } from '../state/trained-batches.ts'
import { clustersOf, unvisited, visitsOf } from '../state/visits.ts'
import { verifyPromotion } from './verify-promotion.ts'

/** A wish that passed every check. */
type Promotion = { readonly example: KeptExample; readonly wish: Wish }

/**
 * S ← S − evict(S, |new|) + new, where new ← wishes of the seed policy that pass verify, are not in S and resemble nothing in S
 * (max ROUGE-L ≤ τ, by the filter’s tokenizer). The size of S does not change. New seeds act from the next round.
 */
export async function reseed(round: number, run: Run): Promise<void> {
  if (finishedStage(run, round, 'reseed') !== undefined) return
  const policy = policyOf(run.config)
  if (policy.id === 'fixed' || run.adapters.trainer === undefined || (policy.needs.signal && run.signal === undefined)) {
    return finishStage(run, round, 'reseed', { feedback: 'off' })
  }
  run.onProgress({ round, rounds: run.config.rounds, stage: 'reseed', done: 0, planned: undefined })
  const input = await policyInput(round, run)
  const revision = policy.revise(input)
  const { promotions, refused } = await grant(revision.groups, run)
  const departures = revision.evict(promotions.length)
  const promoted = promotions.slice(0, departures.length)
  const events = [...departures.map((one) => evictionEvent(one, round, run)), ...promoted.map((one) => additionEvent(one, round))]
  const numbered = events.map((event, i): SeedEventFact => ({ ...event, index: run.seeds.events + i }))
  const summary = {
    windowEnd: input.windows.at(-1)?.end ?? lastWindowOf(round - 1, run),
    windows: input.windows.length,
    promoted: promoted.length,
    refused,
  }
  await finishStage(run, round, 'reseed', summary, numbered)
  for (const event of numbered) run.seeds.apply(event)
}

const probeDropsOf = ({ ledger, signal, config, pool, probeDrops: known }: Run): Promise<ProbeDropOf> =>
  probeDrops({ ledger, signal, tokenizer: config.filter.tokenizer, taskOf: pool.get, known })

/** Windows are cut from all steps, so a window may begin in one round and close in the next. */
function lastWindowOf(round: number, run: Run): number {
  return Number(finishedStage(run, round, 'reseed')?.summary.windowEnd ?? 0)
}

/** What a seed policy may look at, as the ledger has it. */
async function policyInput(round: number, run: Run): Promise<SeedPolicyInput> {
  const { feedback, seedPolicy, randomSeed } = run.config
  const batches = await run.ledger.find('batch')
  const signals = run.signal === undefined ? [] : batchSignals(run.trained, run.signal, run.scores, await probeDropsOf(run))
  const windows = closedWindows(signals, feedback.everySteps, lastWindowOf(round - 1, run))
  const steps = await run.ledger.find('step')
  const batchByStep = new Map(batches.map((batch) => [batch.step, batch]))
  const stepByStep = new Map(steps.map((step) => [step.step, step]))
  const visits = visitsOf(steps, batchByStep)
  const clusters = clustersOf(batches.filter((batch) => batch.round === round))
  return {
    round,
    seeds: standings(run, exampleSignals(run.trained, signals)),
    windows,
    batchOf(step) {
      const { exampleIds, clusters } = batchByStep.get(step)!
      const told = stepByStep.get(step)
      return { exampleIds, clusters, losses: told?.exampleLosses ?? null, masked: told?.masked ?? null }
    },
    pool: run.pool.examples.map(
      ({ id, instruction, seedIds }): PolicyExample => ({
        id,
        instruction,
        parentIds: seedIds,
        cluster: clusters.get(id) ?? null,
        ...(visits.get(id) ?? unvisited),
      }),
    ),
    settings: { ...feedback, ...seedPolicy },
    signal: run.signal,
    rng: (...name) => createRng(randomSeed, ...name),
  }
}

type Refusal = { readonly exampleId: string; readonly step: number | null; readonly why: string }

async function grant(groups: readonly WishGroup[], run: Run): Promise<{ promotions: Promotion[]; refused: Refusal[] }> {
  const gate = createGate(run)
  const promotions: Promotion[] = []
  const refused: Refusal[] = []
  for (const { quota, wishes } of groups) {
    const clusters = new Set<number | string>()
    for (const wish of wishes) {
      if (clusters.size >= quota) break
      if (clusters.has(wish.cluster)) continue
      const example = run.pool.get(wish.exampleId)!
      const why = await gate.refuse(example)
      if (why === undefined) {
        gate.admit(example)
        clusters.add(wish.cluster)
        promotions.push({ example, wish })
      } else refused.push({ exampleId: example.id, step: wish.step, why })
    }
  }
  return { promotions, refused }
}

/** Who may join S: new to it, unlike everything in it, and verified. */
function createGate(run: Run): { refuse(example: KeptExample): Promise<string | undefined>; admit(example: KeptExample): void } {
  const present = new Set<string>()
  const texts = createNoveltyIndex({ tokenizer: run.config.filter.tokenizer })
  const admit = (seed: { readonly id: string; readonly instruction: string }): void => {
    present.add(seed.id)
    texts.add(seed.instruction)
  }
  for (const seed of run.seeds.active()) admit(seed)
  return {
    admit,
    async refuse(example) {
      if (present.has(example.id)) return 'is a seed already'
      const { novel, nearest } = texts.judge(example.instruction, run.config.filter.threshold)
      if (!novel) return `resembles a seed (ROUGE-L ${nearest!.score.toFixed(2)})`
      if (!run.config.feedback.verify) return undefined
      const [candidate] = await run.ledger.find('candidate', { id: example.id })
      return verifyPromotion(example, { flags: candidate?.flags ?? [], verifier: run.adapters.verifier })
    },
  }
}

/** Each seed with the mean signal of the batches its children were in. */
function standings(run: Run, signals: ReturnType<typeof exampleSignals>): (ActiveSeed & { childSignal: number | undefined })[] {
  const sums = new Map<string, { sum: number; count: number }>()
  for (const { id, seedIds } of run.pool.examples) {
    const signal = signals.get(id)
    if (signal === undefined) continue
    for (const seedId of seedIds) {
      const known = sums.get(seedId) ?? { sum: 0, count: 0 }
      sums.set(seedId, { sum: known.sum + signal.sum, count: known.count + signal.count })
    }
  }
  return run.seeds.active().map((seed) => {
    const own = sums.get(seed.id)
    return { ...seed, childSignal: own && own.sum / own.count }
  })
}

type UnnumberedEvent = Omit<SeedEventFact, 'index'>

function additionEvent({ example, wish }: Promotion, round: number): UnnumberedEvent {
  const { id, instruction, input, output } = example
  const { step, windowEnd, signal, score, reason } = wish
  return {
    kind: 'seed-event',
    round,
    action: 'add',
    seedId: id,
    origin: 'machine',
    instruction,
    input,
    output,
    exampleId: id,
    step,
    windowEnd,
    signal,
    score,
    reason,
  }
}

function evictionEvent({ id: seedId, score, reason }: Departure, round: number, run: Run): UnnumberedEvent {
  const { origin, instruction, input, output } = run.seeds.active().find(({ id }) => id === seedId)!
  return {
    kind: 'seed-event',
    round,
    action: 'evict',
    seedId,
    origin,
    instruction,
    input,
    output,
    exampleId: null,
    step: null,
    windowEnd: null,
    signal: run.signal?.id ?? null,
    score,
    reason,
  }
}
