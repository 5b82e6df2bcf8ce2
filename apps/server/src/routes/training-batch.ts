import { beginningOf, type Ledger, SediError } from '@sedi/spec'
import { type TrainingBatch, trainingBatchSchema } from '@sedi/spec/api'
import * as z from 'zod'
import { defineRoute, type Route } from '../route.ts'
import { runIdSchema } from '../runs/run-id.ts'
import { wholeNumber } from './query.ts'

const textLength = 240

export const trainingBatchRoutes: readonly Route[] = [
  defineRoute({
    id: 'getTrainingBatch',
    method: 'get',
    path: '/v1/runs/{run}/batches/{step}',
    summary: 'One batch: its instructions, what training on it told, who was picked from it',
    params: z.object({ run: runIdSchema, step: wholeNumber({ min: 1, max: Number.MAX_SAFE_INTEGER }).meta({ description: 'The step that trains on it.' }) }),
    answer: { status: 200, description: 'The batch.', schema: trainingBatchSchema },
    problems: [404, 507],
    handle: async ({ params: { run, step } }, { ledgers }) => ({ json: await ledgers.use(run, (ledger) => trainingBatch(ledger, step)) }),
  }),
]

async function trainingBatch(ledger: Ledger, step: number): Promise<TrainingBatch> {
  const [batch] = await ledger.find('batch', { step })
  if (batch === undefined) throw new SediError('not-found', `The run has no batch of step ${step}: expected one of those that GET …/training lists.`)
  const [told] = await ledger.find('step', { step })
  const picked = new Set((await ledger.find('seed-event', { step, action: 'add' })).map(({ exampleId }) => exampleId))
  const rows = batch.exampleIds.map(async (id, row): Promise<TrainingBatch['rows'][number]> => {
    const [candidate] = await ledger.find('candidate', { id })
    return {
      id,
      text: beginningOf(candidate?.instruction ?? '', textLength),
      round: candidate?.round ?? 0,
      cluster: batch.clusters?.[row] ?? null,
      loss: told?.exampleLosses?.[row] ?? null,
      gap: told?.exampleGaps?.[row] ?? null,
      masked: told?.masked?.[row] ?? null,
      becameSeed: picked.has(id),
    }
  })
  return {
    step,
    round: batch.round,
    epoch: batch.epoch,
    composer: batch.composer,
    diversity: batch.diversity,
    conflicts: batch.conflicts,
    loss: told?.loss ?? null,
    gradNorm: told?.gradNorm ?? null,
    learningRate: told?.learningRate ?? null,
    rows: await Promise.all(rows),
  }
}
