import { type CallFact, type CandidateFact, callOfCandidate, type HeldOutItem, type SeedTask } from '@sedi/spec'
import type { Reservations } from './calls/reserve.ts'
import { createRunBuyer } from './calls/run-buyer.ts'
import { createChecks } from './checks/index.ts'
import type { Run, RunOptions } from './run-context.ts'
import { createHeldOutTasks } from './state/held-out-tasks.ts'
import { createMeanings } from './state/meanings.ts'
import { createPool, type Pool } from './state/pool.ts'
import { createSeedSet } from './state/seed-set.ts'
import { exampleScores, signalFor, trainedBatches } from './state/trained-batches.ts'
import { strategyOf } from './steps/plan-call.ts'

/** Rebuilds a run in memory from its ledger: seeds, pool, signals, finished stages. Cost O(facts). */
export async function restoreRun(options: RunOptions, reservations: Reservations): Promise<Run> {
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
  const existing = (await ledger.find('existing')).map(({ textId: id, instruction }) => ({ id, instruction }))
  const pool = createPool([...human, ...existing], config.filter)
  const run: Run = {
    ...options,
    buyer: await createRunBuyer({ ...options, reservations }),
    seeds: createSeedSet(seedEvents),
    pool,
    meanings: createMeanings(pool, config.filter.semantic, options.adapters, options.stop),
    heldOut,
    trained: await trainedBatches(ledger),
    signal: signalFor(config, options.adapters.trainer?.capabilities),
    scores: await exampleScores(ledger),
    probeDrops: new Map(),
    filtered: new Set(yields.map(({ callId }) => callId)),
    contamination: createHeldOutTasks(heldOut),
    checks: createChecks(config.filter.checks ?? {}, { benchmarks: options.benchmarks ?? [], moderator: options.adapters.moderator }),
    checked: new WeakMap(),
    spentNanoUsd: spentOn(new Set(yields.map(({ callId }) => callId)), calls.values()),
    stages: new Map((await ledger.find('stage')).map((fact) => [`${fact.round}/${fact.stage}`, fact])),
  }
  // Where answers are bought later, what was admitted and got no usable one still counts as an earlier text.
  const admitted = strategyOf(config).followUps === undefined ? { verdict: 'kept' as const } : {}
  for (const candidate of await ledger.find('candidate', admitted)) admitAgain(candidate, calls, run.pool)
  return run
}

/** What the calls that were filtered cost, with all that was asked about their items. */
function spentOn(filtered: ReadonlySet<string>, calls: Iterable<CallFact>): number {
  let sum = 0
  for (const { callId, parentId, costNanoUsd } of calls) {
    if (filtered.has(parentId === null ? callId : callOfCandidate(parentId))) sum += costNanoUsd ?? 0
  }
  return sum
}

function admitAgain(candidate: CandidateFact, calls: ReadonlyMap<string, CallFact>, pool: Pool): void {
  const { id, instruction, input, output, callId, verdict, reason } = candidate
  // An output there is only if it was asked for, and it was asked for only after admission.
  if (verdict === 'rejected' && reason !== 'unanswered' && output === '') return
  pool.admit(id, instruction)
  if (verdict === 'kept') pool.keep({ id, instruction, input, output, seedIds: calls.get(callId)?.seedIds ?? [] })
}
