import type { Run } from './run-context.ts'
import { buyCompletions } from './steps/buy-completions.ts'
import { composeBatches } from './steps/compose-batches.ts'
import { evaluateModel } from './steps/evaluate-model.ts'
import { filterCompletion } from './steps/filter-completion.ts'
import { reseed } from './steps/reseed.ts'
import { scoreExamples } from './steps/score-examples.ts'
import { scoreProbes } from './steps/score-probes.ts'
import { trainOnBatches } from './steps/train-on-batches.ts'

/**
 * One round of the loop (METHOD 2.4). Self-Instruct, Alpaca and SeDi are this loop with different policies.
 *
 * Every step first looks what the ledger has of it: a round that was interrupted anywhere goes on where it stopped, and one that is
 * complete does nothing.
 */
export async function runRound(round: number, run: Run): Promise<void> {
  const seeds = run.seeds.active() //                                   S, fixed for the round
  for await (const completion of buyCompletions(round, seeds, run)) {
    await filterCompletion(completion, run) //                          K ← K + {x ∈ parse(raw) : no check fails, max ROUGE-L ≤ τ}
  }
  const batches = await composeBatches(round, run) //                   b₁ … b_T ← compose(cluster(K), B)
  await trainOnBatches(round, batches, run) //                          θ ← step(θ, b); what it tells: ‖∇‖ before clipping, losses, gaps
  await scoreExamples(round, batches, run) //                           where the trainer tells no signal: IFD by a scorer beside it
  await scoreProbes(round, batches, run) //                             where the signal is progress on probes: their loss under θ
  await reseed(round, run) //                                           S ← S − evict(S) + verify(pick(argmax_b signal))
  await evaluateModel(round, run)
}
