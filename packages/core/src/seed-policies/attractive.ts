import { attractiveBatches } from '../attractiveness.ts'
import { chooseEvictions } from '../evictions.ts'
import type { PickRule } from '../picks/pick.ts'
import { picks } from '../picks/registry.gen.ts'
import type { Departure, SeedPolicy, SeedPolicyInput, WishGroup } from './seed-policy.ts'

/**
 * Feedback: for each window that closed, b* ← argmax signal, and pick(b*) becomes seeds; the seeds whose children were in the least
 * attractive batches leave.
 */
export default {
  id: 'attractive',
  title: 'instructions of attractive batches replace seeds whose children’s batches were least attractive',
  source: 'SeDi-Instruct (arXiv 2502.04774); pick and eviction: METHOD 2.3',
  needs: { signal: true, clusters: true, gaps: false, losses: false },
  revise: (input) => ({ groups: wishes(input), evict: (count) => leastAttractive(count, input) }),
} satisfies SeedPolicy

function wishes({ windows, settings, batchOf, signal, round, rng }: SeedPolicyInput): WishGroup[] {
  const { topBatches, picksPerBatch, everySteps, pick } = settings
  const rule: PickRule = picks[pick as keyof typeof picks]
  return windows.flatMap((window) =>
    attractiveBatches(window, topBatches, settings).map(({ step, signal: score }, i): WishGroup => {
      const { exampleIds, clusters, losses, masked } = batchOf(step)
      const order = rule.order({ count: exampleIds.length, losses: losses ?? undefined, masked: masked ?? undefined, rng: rng('pick', round, step) })
      const reason = `picked (${pick}) from the batch of step ${step}: ${signal!.id} ${score.toFixed(4)}, rank ${i + 1} of ${window.batches.length} in the window of steps ${window.end - everySteps + 1} to ${window.end}`
      return {
        quota: picksPerBatch,
        wishes: order.map((row) => ({
          exampleId: exampleIds[row]!,
          cluster: clusters?.[row] ?? `row ${row}`,
          step,
          windowEnd: window.end,
          signal: signal!.id,
          score,
          reason,
        })),
      }
    }),
  )
}

function leastAttractive(count: number, { seeds, round, settings, signal }: SeedPolicyInput): Departure[] {
  return chooseEvictions(seeds, { count, round, ...settings }).map((id) => {
    const { childSignal } = seeds.find((seed) => seed.id === id)!
    const reason =
      childSignal === undefined
        ? `none of its children was trained on within ${settings.protectRounds} rounds`
        : `lowest mean ${signal!.id} (${childSignal.toFixed(4)}) of the batches its children were in`
    return { id, score: childSignal ?? null, reason }
  })
}
