import { toUsd } from '@sedi/pipeline'
import type { CandidateFact, Ledger } from '@sedi/spec'
import type { ColumnType } from '@sedi/store'

type ExtraColumn = {
  /** For help and docs. */
  readonly title: string
  readonly type: ColumnType
  valueOf(candidate: CandidateFact, seedIdsOf: (callId: string) => readonly string[]): unknown
}

/** What a row can have beside its shape (`--with`). */
export const extraColumns = {
  id: { title: 'the id under which `sedi explain` knows it', type: 'string', valueOf: ({ id }) => id },
  round: { title: 'the round that made it', type: 'int', valueOf: ({ round }) => round },
  seeds: { title: 'ids of the seeds its prompt showed', type: { list: 'string' }, valueOf: ({ callId }, seedIdsOf) => seedIdsOf(callId) },
  similarity: {
    title: 'ROUGE-L F with the most similar earlier text, empty where nothing was similar',
    type: 'float',
    valueOf: ({ nearestScore }) => nearestScore,
  },
  cost: {
    title: 'its share of what its calls cost, in dollars',
    type: 'float',
    valueOf: ({ costNanoUsd }) => (costNanoUsd === null ? null : toUsd(costNanoUsd)),
  },
} as const satisfies Readonly<Record<string, ExtraColumn>>

export type ExtraColumnName = keyof typeof extraColumns

/** Reads what the columns need beside the candidates. Memory: about 100 bytes for each call, where `seeds` is among them. */
export async function readExtras(ledger: Ledger, names: readonly ExtraColumnName[]): Promise<(candidate: CandidateFact) => Record<string, unknown>> {
  const seedIds = new Map<string, readonly string[]>()
  if (names.includes('seeds'))
    for await (const page of ledger.columns('call', ['callId', 'seedIds'])) for (const { callId, seedIds: ids } of page) seedIds.set(callId, ids)
  const seedIdsOf = (callId: string): readonly string[] => seedIds.get(callId) ?? []
  return (candidate) => Object.fromEntries(names.map((name) => [name, (extraColumns[name] as ExtraColumn).valueOf(candidate, seedIdsOf)]))
}
