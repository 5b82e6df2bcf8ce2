import { attractiveBatches, type BatchSignal, chooseEvictions, closedWindows, createNoveltyIndex, createRng, type FeedbackWindow, picks } from '@sedi/core'
import type { BatchFact, SeedEventFact } from '@sedi/spec'
import { finishedStage, finishStage, type Run } from '../run-context.ts'
import type { KeptExample } from '../state/pool.ts'
import type { ActiveSeed } from '../state/seed-set.ts'
import { verifyPromotion } from './verify-promotion.ts'

/** An instruction of an attractive batch on its way into the seed set. */
type Promotion = { readonly example: KeptExample; readonly batch: BatchSignal; readonly window: FeedbackWindow; readonly rank: number }

/**
 * Feedback: for each window that closed in this round, b* ← argmax signal; new ← pick(b*) that pass verify, are not in S and resemble
 * nothing in S (max ROUGE-L ≤ τ); S ← S − evict(S, |new|) + new. The size of S does not change. New seeds act from the next round.
 */
export async function reseed(round: number, run: Run): Promise<void> {
  if (finishedStage(run, round, 'reseed') !== undefined) return
  if (run.adapters.trainer === undefined || run.config.seedPolicy.rule === 'fixed') return finishStage(run, round, 'reseed', { feedback: 'off' })
  run.onProgress({ round, rounds: run.config.rounds, stage: 'reseed', done: 0, planned: undefined })
  const windows = closedWindows(run.signals, run.config.feedback.everySteps, lastWindowOf(round - 1, run))
  const candidates = await choosePromotions(windows, round, run)
  const evicted = chooseEvictions(standings(run), { count: candidates.promotions.length, round, ...run.config.seedPolicy })
  const promoted = candidates.promotions.slice(0, evicted.length)
  const events = [...evicted.map((id) => evictionEvent(id, round, run)), ...promoted.map((one) => additionEvent(one, round, run))]
  const numbered = events.map((event, i): SeedEventFact => ({ ...event, index: run.seeds.events + i }))
  const summary = {
    windowEnd: windows.at(-1)?.end ?? lastWindowOf(round - 1, run),
    windows: windows.length,
    promoted: promoted.length,
    refused: candidates.refused,
  }
  await finishStage(run, round, 'reseed', summary, numbered)
  for (const event of numbered) run.seeds.apply(event)
}

/** Windows are cut from all steps, so a window may begin in one round and close in the next. */
function lastWindowOf(round: number, run: Run): number {
  return Number(finishedStage(run, round, 'reseed')?.summary.windowEnd ?? 0)
}

type Refusal = { readonly exampleId: string; readonly step: number; readonly why: string }

async function choosePromotions(windows: readonly FeedbackWindow[], round: number, run: Run): Promise<{ promotions: Promotion[]; refused: Refusal[] }> {
  const gate = createGate(run)
  const promotions: Promotion[] = []
  const refused: Refusal[] = []
  for (const window of windows) {
    for (const [i, signal] of attractiveBatches(window, run.config.feedback.topBatches, run.config.feedback).entries()) {
      const [batch] = await run.ledger.find('batch', { step: signal.step })
      const clusters = new Set<number>()
      for (const row of await pickOrder(batch!, round, run)) {
        if (clusters.size >= run.config.feedback.picksPerBatch) break
        const example = run.pool.get(batch!.exampleIds[row]!)!
        const cluster = batch!.clusters?.[row] ?? row
        if (clusters.has(cluster)) continue
        const why = await gate.refuse(example)
        if (why === undefined) {
          gate.admit(example)
          clusters.add(cluster)
          promotions.push({ example, batch: signal, window, rank: i + 1 })
        } else refused.push({ exampleId: example.id, step: signal.step, why })
      }
    }
  }
  return { promotions, refused }
}

/** Who may join S: new to it, unlike everything in it, and verified. */
function createGate(run: Run): { refuse(example: KeptExample): Promise<string | undefined>; admit(example: KeptExample): void } {
  const present = new Set<string>()
  const texts = createNoveltyIndex()
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

async function pickOrder(batch: BatchFact, round: number, run: Run): Promise<number[]> {
  const rule = picks[run.config.feedback.pick as keyof typeof picks]
  const [step] = rule.needs.losses ? await run.ledger.find('step', { step: batch.step }) : []
  return rule.order({
    count: batch.exampleIds.length,
    losses: step?.exampleLosses ?? undefined,
    rng: createRng(run.config.randomSeed, 'pick', round, batch.step),
  })
}

/** Each seed with the mean signal of the batches its children were in. */
function standings(run: Run): (ActiveSeed & { childSignal: number | undefined })[] {
  const sums = new Map<string, { sum: number; count: number }>()
  for (const { id, seedIds } of run.pool.examples) {
    const signal = run.exampleSignals.get(id)
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

function additionEvent({ example, batch, window, rank }: Promotion, round: number, run: Run): UnnumberedEvent {
  const { id, instruction, input, output } = example
  const { signal, everySteps, pick } = run.config.feedback
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
    step: batch.step,
    windowEnd: window.end,
    signal,
    score: batch.signal,
    reason: `picked (${pick}) from the batch of step ${batch.step}: ${signal} ${batch.signal.toFixed(4)}, rank ${rank} of ${window.batches.length} in the window of steps ${window.end - everySteps + 1} to ${window.end}`,
  }
}

function evictionEvent(seedId: string, round: number, run: Run): UnnumberedEvent {
  const { origin, instruction, input, output, childSignal } = standings(run).find(({ id }) => id === seedId)!
  const reason =
    childSignal === undefined
      ? `none of its children was trained on within ${run.config.seedPolicy.protectRounds} rounds`
      : `lowest mean ${run.config.feedback.signal} (${childSignal.toFixed(4)}) of the batches its children were in`
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
    signal: run.config.feedback.signal,
    score: childSignal ?? null,
    reason,
  }
}
