import type { SignalRule } from '@sedi/core'
import type { BatchFact, Ledger, RunConfig, Task } from '@sedi/spec'
import { type ClusteredExample, dropsByCluster, probeLossesOf } from './probe-set.ts'
import { clustersOf } from './visits.ts'

/** An instruction or a human seed whose loss shows what training did for others like it. */
export type Probe = Task & { readonly id: string }

/** How far the loss fell, in the round that trained a batch, on the probes in an example's cluster; null without a figure. */
export type ProbeDropOf = (step: number, exampleId: string) => number | null

export type ProbeDropsInput = {
  readonly ledger: Pick<Ledger, 'find'>
  readonly signal: SignalRule | undefined
  readonly tokenizer: RunConfig['filter']['tokenizer']
  /** A kept instruction. */
  taskOf(id: string): Task | undefined
  /** Rounds that were worked out before; gains those that were not. */
  readonly known: Map<number, ReadonlyMap<number, number>>
}

/** What a signal that needs probes goes by, as the ledger has it. */
export async function probeDrops({ ledger, signal, tokenizer, taskOf, known }: ProbeDropsInput): Promise<ProbeDropOf> {
  if (signal?.needs.includes('probes') !== true) return () => null
  const batches = await ledger.find('batch')
  const facts = await ledger.find('scores')
  const human = await humanSeeds(ledger)
  const clustersIn = new Map<number, ReadonlyMap<string, number>>()
  for (const round of new Set(batches.map((batch) => batch.round))) {
    const own = batches.filter((batch) => batch.round === round)
    clustersIn.set(round, clustersOf(own))
    const losses = probeLossesOf(round, facts)
    if (losses === undefined || known.has(round)) continue
    const { before, after } = losses
    const lossBefore = new Map(before.ids.map((id, i) => [id, before.values[i]!]))
    const probes = probesOf(after.ids, human, taskOf).map((probe, i) => ({ ...probe, before: lossBefore.get(probe.id) ?? null, after: after.values[i]! }))
    known.set(round, dropsByCluster(probes, clusteredExamples(own, taskOf), tokenizer))
  }
  const roundOf = new Map(batches.map(({ step, round }) => [step, round]))
  return (step, exampleId) => {
    const round = roundOf.get(step)!
    const cluster = clustersIn.get(round)!.get(exampleId)
    return cluster === undefined ? null : (known.get(round)?.get(cluster) ?? null)
  }
}

/** Of one round’s batches, in the order in which they were first trained on. */
export function clusteredExamples(batches: readonly BatchFact[], taskOf: ProbeDropsInput['taskOf']): ClusteredExample[] {
  return [...clustersOf(batches)].map(([id, cluster]) => ({ id, instruction: taskOf(id)!.instruction, cluster }))
}

/** By id. */
export async function humanSeeds(ledger: Pick<Ledger, 'find'>): Promise<ReadonlyMap<string, Probe>> {
  const events = await ledger.find('seed-event', { round: 0, action: 'add' })
  return new Map(events.map(({ seedId: id, instruction, input, output }) => [id, { id, instruction, input, output }]))
}

/** Human seeds and kept instructions by their ids. */
export function probesOf(ids: readonly string[], human: ReadonlyMap<string, Probe>, taskOf: ProbeDropsInput['taskOf']): Probe[] {
  return ids.map((id) => human.get(id) ?? { ...taskOf(id)!, id })
}
