import type { AttemptFact, BatchFact, CallFact, CandidateFact, EvalFact, Fact, FactKind, HeldOutFact, Recorded, StepFact } from '@sedi/spec'
import type { Lookups } from '../../facts/changes.ts'
import type { Reserved } from '../../facts/counters.ts'
import { snakeCase } from '../../facts/tables.ts'
import { decodeRow, keyFields, keyOf, readText, type Shapes, storedValue, written } from './fact-rows.ts'
import type { Queries, Row } from './server.ts'

/** What is known of a run that bears on facts about to be recorded, and those facts themselves. */
export type Known = Lookups & {
  /** The fact that is recorded under this one's key. */
  existing(fact: Fact): Recorded<Fact> | undefined
  add(fact: Recorded<Fact>): void
  remove(fact: Recorded<Fact>): void
  /** Keeps of a fact what others are looked up by, and not the fact itself. */
  note(fact: Noted): void
}

/** A fact, or as much of it as is looked up. */
type Noted =
  | Exclude<Fact, AttemptFact | CallFact | HeldOutFact | BatchFact | CandidateFact>
  | Pick<AttemptFact, 'kind' | 'callId' | 'attempt' | 'reservedNanoUsd' | 'reservedInputTokens' | 'reservedOutputTokens'>
  | (Pick<CallFact, 'kind' | 'callId'> & CallPart)
  | Pick<HeldOutFact, 'kind' | 'itemId' | 'group'>
  | Pick<BatchFact, 'kind' | 'step' | 'exampleIds'>
  | Pick<CandidateFact, 'kind' | 'id' | 'callId'>

type CallPart = Pick<CallFact, 'responseHash' | 'seedIds'>

/** Knows nothing yet. */
export function createKnown(): Known {
  const existing = new Map<string, Recorded<Fact>>()
  const attempts = new Map<string, Map<number, Reserved>>()
  const calls = new Map<string, CallPart>()
  const groups = new Map<string, string>()
  const batches = new Map<number, readonly string[]>()
  const candidates = new Map<string, string>()
  return {
    existing: (fact) => existing.get(placeOf(fact)),
    add(fact) {
      existing.set(placeOf(fact), fact)
      this.note(fact)
    },
    remove(fact) {
      existing.delete(placeOf(fact))
      if (fact.kind === 'attempt') attempts.get(fact.callId)?.delete(fact.attempt)
      if (fact.kind === 'call') calls.delete(fact.callId)
      if (fact.kind === 'held-out') groups.delete(fact.itemId)
      if (fact.kind === 'batch') batches.delete(fact.step)
      if (fact.kind === 'candidate') candidates.delete(fact.id)
    },
    note(fact) {
      if (fact.kind === 'call') calls.set(fact.callId, { responseHash: fact.responseHash, seedIds: fact.seedIds })
      if (fact.kind === 'held-out') groups.set(fact.itemId, fact.group)
      if (fact.kind === 'batch') batches.set(fact.step, fact.exampleIds)
      if (fact.kind === 'candidate') candidates.set(fact.id, fact.callId)
      if (fact.kind !== 'attempt') return
      const own = attempts.get(fact.callId) ?? new Map<number, Reserved>()
      own.set(fact.attempt, { nanoUsd: fact.reservedNanoUsd ?? 0, inputTokens: fact.reservedInputTokens, outputTokens: fact.reservedOutputTokens })
      attempts.set(fact.callId, own)
    },
    reservedBy(callId, attempt) {
      const own = attempts.get(callId)
      if (own === undefined || own.size === 0) return undefined
      return own.get(attempt ?? Math.max(...own.keys()))
    },
    responseHashOf: (callId) => calls.get(callId)?.responseHash,
    groupOf: (itemId) => groups.get(itemId),
    seedsOf: (callId) => calls.get(callId)?.seedIds ?? [],
    seedsOfBatch: (step) => (batches.get(step) ?? []).flatMap((id) => calls.get(candidates.get(id) ?? '')?.seedIds ?? []),
  }
}

/** The caller holds the run's lock, so nothing of it changes before the caller's transaction ends. */
export async function readKnown(queries: Queries, run: number, shapes: Shapes, facts: readonly Fact[]): Promise<Known> {
  const known = createKnown()
  const select = async (text: string, values: readonly unknown[]): Promise<readonly Row[]> => (await queries.query(text, [run, ...values])).rows

  async function readExisting(kind: FactKind, own: readonly Fact[]): Promise<void> {
    const columns = shapes.get(kind)!
    const keys = keyFields(kind)
    const types = keys.map((field) => columns.find((column) => column.field === field)!.type)
    const names = keys.map((field) => `"${snakeCase(field)}"`).join(', ')
    const among = keys.length === 0 ? '' : `AND (${names}) IN (SELECT * FROM unnest(${types.map((type, i) => `$${i + 2}::${type}[]`).join(', ')}))`
    const values = keys.map((field) => own.map((fact) => written(storedValue(kind, field, (fact as unknown as Record<string, unknown>)[field]))))
    for (const row of await select(`SELECT * FROM "${snakeCase(kind)}" WHERE run = $1 ${among}`, values)) {
      known.add(decodeRow(kind, row, columns))
    }
  }

  async function readAttempts(callIds: readonly string[]): Promise<void> {
    const query = `SELECT call_id, attempt, reserved_nano_usd, reserved_input_tokens, reserved_output_tokens FROM attempt WHERE run = $1 AND call_id = ANY ($2)`
    for (const row of await select(query, [callIds])) {
      known.note({
        kind: 'attempt',
        callId: String(row.call_id),
        attempt: Number(row.attempt),
        reservedNanoUsd: row.reserved_nano_usd === null ? null : Number(row.reserved_nano_usd),
        reservedInputTokens: Number(row.reserved_input_tokens),
        reservedOutputTokens: Number(row.reserved_output_tokens),
      })
    }
  }

  async function readCalls(callIds: readonly string[]): Promise<void> {
    for (const row of await select('SELECT call_id, response_hash, seed_ids FROM call WHERE run = $1 AND call_id = ANY ($2)', [callIds]))
      known.note({ kind: 'call', callId: String(row.call_id), responseHash: String(row.response_hash), seedIds: JSON.parse(String(row.seed_ids)) })
  }

  async function readGroups(itemIds: readonly string[]): Promise<void> {
    for (const row of await select('SELECT item_id, "group" FROM held_out WHERE run = $1 AND item_id = ANY ($2)', [itemIds.map(written)]))
      known.note({ kind: 'held-out', itemId: readText(row.item_id), group: readText(row.group) })
  }

  /** From steps to the seeds behind their batches: steps, examples, calls. */
  async function readBehind(steps: readonly number[], own: readonly Fact[]): Promise<void> {
    const ids = own.flatMap((fact) => (fact.kind === 'batch' ? fact.exampleIds : []))
    for (const row of await select('SELECT step, example_ids FROM batch WHERE run = $1 AND step = ANY ($2)', [steps])) {
      const exampleIds: string[] = JSON.parse(String(row.example_ids))
      known.note({ kind: 'batch', step: Number(row.step), exampleIds })
      ids.push(...exampleIds)
    }
    const callIds = own.flatMap((fact) => (fact.kind === 'candidate' ? [fact.callId] : []))
    for (const row of await select('SELECT id, call_id FROM candidate WHERE run = $1 AND id = ANY ($2)', [[...new Set(ids)].map(written)])) {
      known.note({ kind: 'candidate', id: readText(row.id), callId: readText(row.call_id) })
      callIds.push(readText(row.call_id))
    }
    await readCalls([...new Set(callIds)])
  }

  const of = <F extends Fact>(...kinds: readonly F['kind'][]): readonly F[] =>
    facts.filter((fact): fact is F => (kinds as readonly string[]).includes(fact.kind))
  const steps = of<StepFact>('step').filter(({ gradNorm }) => gradNorm !== null)
  const billed = of<Extract<Fact, { callId: string }>>('outcome', 'call', 'embed-call').map(({ callId }) => callId)
  const yields = of<Extract<Fact, { kind: 'yield' }>>('yield').map(({ callId }) => callId)
  const evals = of<EvalFact>('eval').map(({ itemId }) => itemId)
  await Promise.all([
    ...[...Map.groupBy(facts, ({ kind }) => kind)].map(([kind, own]) => readExisting(kind, own)),
    billed.length === 0 ? undefined : readAttempts([...new Set(billed)]),
    yields.length === 0 ? undefined : readCalls([...new Set(yields)]),
    evals.length === 0 ? undefined : readGroups([...new Set(evals)]),
    steps.length === 0
      ? undefined
      : readBehind(
          steps.map(({ step }) => step),
          facts,
        ),
  ])
  return known
}

const placeOf = (fact: Fact): string => `${fact.kind} ${keyOf(fact)}`
