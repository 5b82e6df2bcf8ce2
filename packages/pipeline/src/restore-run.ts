import type { CallFact, CandidateFact, HeldOutItem, SeedTask } from '@sedi/spec'
import { type Run, type RunOptions, rememberStep } from './run-context.ts'
import { createPool, type Pool } from './state/pool.ts'
import { createSeedSet } from './state/seed-set.ts'
import { createContamination } from './steps/filter-completion.ts'

/** Rebuilds a run in memory from its ledger: seeds, pool, signals, finished stages. Cost O(facts). */
export async function restoreRun(options: RunOptions): Promise<Run> {
  const { ledger, config } = options
  const seedEvents = await ledger.find('seed-event')
  const human: SeedTask[] = seedEvents
    .filter(({ origin, action }) => origin === 'human' && action === 'add')
    .map(({ seedId: id, ...event }) => ({ ...event, id }))
  const heldOut = (await ledger.find('held-out')).map(
    ({ itemId: id, instruction, input, reference, group }): HeldOutItem => ({ id, instruction, input, reference, group }),
  )
  const calls = new Map((await ledger.find('call')).map((call) => [call.callId, call]))
  const yields = await ledger.find('yield')
  const run: Run = {
    ...options,
    seeds: createSeedSet(seedEvents),
    pool: createPool(human, config.filter),
    heldOut,
    signals: [],
    exampleSignals: new Map(),
    filtered: new Set(yields.map(({ callId }) => callId)),
    contamination: createContamination(heldOut),
    spentNanoUsd: yields.reduce((sum, { callId }) => sum + (calls.get(callId)?.costNanoUsd ?? 0), 0),
    stages: new Map((await ledger.find('stage')).map((fact) => [`${fact.round}/${fact.stage}`, fact])),
  }
  for (const candidate of await ledger.find('candidate', { verdict: 'kept' })) keepAgain(candidate, calls, run.pool)
  const batches = new Map((await ledger.find('batch')).map((batch) => [batch.step, batch.exampleIds]))
  for (const step of await ledger.find('step')) rememberStep(run, step, batches.get(step.step) ?? [])
  return run
}

function keepAgain(candidate: CandidateFact, calls: ReadonlyMap<string, CallFact>, pool: Pool): void {
  const { id, instruction, input, output, callId } = candidate
  pool.keep({ id, instruction, input, output, seedIds: calls.get(callId)?.seedIds ?? [] })
}
