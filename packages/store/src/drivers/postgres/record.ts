import { type AttemptFact, type BudgetDecision, type Fact, factKinds, type Recorded, SediError } from '@sedi/spec'
import { assertPriced } from '../../assert-priced.ts'
import { changesOf, digestWith } from '../../facts/changes.ts'
import { checksumOf } from '../../facts/checksum.ts'
import { totalsOf } from '../../facts/counters.ts'
import { assertSame } from '../../facts/same-fact.ts'
import { snakeCase } from '../../facts/tables.ts'
import type { TicketClaim } from './calls/boss.ts'
import { writeDerived } from './derived.ts'
import { type Shapes, valuesOf, written } from './fact-rows.ts'
import { type Known, readKnown } from './known.ts'
import type { Queries } from './server.ts'
import { readOthers, writeShare } from './shared/budget.ts'

/** Something to be recorded as a whole or not at all. */
export type Work = {
  readonly facts: readonly Fact[]
  /** With these caps the facts are one attempt, which is recorded only when it fits. */
  readonly caps?: Caps | undefined
  /** The ticket in whose right they are recorded, by one who is not the run's owner. */
  readonly claim?: TicketClaim | undefined
  /** Whether the ticket ends with them. */
  readonly ends?: boolean | undefined
}

export type Caps = { readonly maxCostNanoUsd: number | undefined; readonly maxTokens: number | undefined }

export type Result = { readonly ok: true; readonly value: BudgetDecision | undefined } | { readonly ok: false; readonly error: unknown }

/** What a run's row says, while its lock is held. */
export type Head = { readonly term: number; lastSeq: number; digest: string; counters: Map<string, number> }

export type RunTarget = {
  readonly run: number
  readonly shapes: Shapes
  /** Undefined: not the run's owner, and not fenced as one; for who records what the owner asked for. */
  readonly term: number | undefined
  /** Name of the budget the run shares. */
  readonly budget?: string | undefined
  /** Looks after the claims of the works. */
  readonly tickets?: Tickets | undefined
}

/** What a transaction asks of the queue. */
export type Tickets = {
  /** Which of the claims still hold; they do until the transaction ends. */
  hold(connection: Queries, claims: readonly TicketClaim[]): Promise<ReadonlySet<string>>
  /** Ends tickets, with the transaction. */
  end(connection: Queries, claims: readonly TicketClaim[]): Promise<void>
}

/**
 * Records a group of works in one transaction, in four trips to the server: lock the run's row, read what bears on the facts, write,
 * commit. Whoever records in a run holds its row from before the first sequence number is given until COMMIT, so facts become visible in
 * the order of their numbers and without gaps: a reader that has seen fact n has seen all before it, and a cursor misses nothing.
 *
 * A work that is refused by us (another fact under its key, a cap) leaves the others alone. What the database refuses undoes the group and
 * throws; the caller then tries the works one by one. Doing a group again after its COMMIT was lost finds its own facts and changes nothing.
 */
export async function recordGroup(connection: Queries, target: RunTarget, works: readonly Work[]): Promise<readonly Result[]> {
  try {
    const head = await begin(connection, target)
    const facts = works.flatMap(({ facts }) => facts)
    const asks = works.some(({ caps }) => caps !== undefined)
    const claims = works.flatMap(({ claim }) => claim ?? [])
    const [known, others, held] = await together([
      readKnown(connection, target.run, target.shapes, facts),
      target.budget === undefined || !asks ? Promise.resolve(0) : readOthers(connection, target.budget, target.run),
      target.tickets === undefined ? Promise.resolve(undefined) : target.tickets.hold(connection, claims),
    ])
    const draft = createDraft(head, known, others)
    const isHeld = ({ claim }: Work): boolean => claim === undefined || held?.has(claim.id) === true
    const results = works.map((work) => draft.attempt(work, isHeld(work)))
    const ended = works.flatMap((work, i) => (work.ends === true && work.claim !== undefined && isHeld(work) && results[i]!.ok ? [work.claim] : []))
    if (ended.length > 0) await target.tickets?.end(connection, ended)
    await writeAndCommit(connection, target, head, known, draft.facts)
    return results
  } catch (error) {
    await connection.query('ROLLBACK').catch(() => {})
    throw error
  }
}

/** Opens the transaction, which the caller ends whatever happens, and takes the run's lock; throws `conflict` when another process has taken the run over. */
async function begin(connection: Queries, { run, term }: RunTarget): Promise<Head> {
  const [, { rows }] = await together([
    connection.query('BEGIN ISOLATION LEVEL READ COMMITTED'),
    connection.query('SELECT term, last_seq, digest, counters FROM head WHERE run = $1 FOR UPDATE', [run]),
  ])
  const row = rows[0]
  if (row === undefined || (term !== undefined && Number(row.term) !== term)) throw takenOver()
  return { term: Number(row.term), lastSeq: Number(row.last_seq), digest: String(row.digest), counters: countersOf(row.counters) }
}

export const takenOver = (): SediError =>
  new SediError(
    'conflict',
    'Another process has taken this run over while the connection to the database was lost. What was recorded before stays; this process records nothing more.',
  )

/** A worker's ticket is somebody else's by now, or nobody's. */
const lapsed = (fact: Fact | undefined): SediError =>
  new SediError(
    'conflict',
    `This worker was not heard of for too long and has lost its ticket${fact !== undefined && 'callId' in fact ? ` for ${fact.callId}` : ''}: somebody else makes the call. What it may have cost is counted.`,
    { details: { lapsed: true } },
  )

export const countersOf = (json: unknown): Map<string, number> => new Map(Object.entries(JSON.parse(String(json)) as Record<string, number>))

async function writeAndCommit(connection: Queries, target: RunTarget, head: Head, known: Known, facts: readonly Recorded<Fact>[]): Promise<void> {
  const writes = factKinds.flatMap((kind) => {
    const own = facts.filter((fact) => fact.kind === kind)
    return own.length === 0 ? [] : [insert(connection, target, own)]
  })
  const counters = JSON.stringify(Object.fromEntries(head.counters))
  const change = 'UPDATE head SET last_seq = $2, digest = $3, counters = $4, recorded_at = clock_timestamp() WHERE run = $1'
  if (facts.length > 0) writes.push(connection.query(change, [target.run, head.lastSeq, head.digest, counters]))
  if (target.budget !== undefined) writes.push(writeShare(connection, target.budget, target.run, committedNanoUsd(head.counters)))
  writes.push(writeDerived(connection, target.run, facts, known))
  await together(writes)
  // Not sent along with the writes: one of them may fail before it reaches the server.
  await connection.query('COMMIT')
}

function insert(connection: Queries, { run, shapes }: RunTarget, facts: readonly Recorded<Fact>[]): Promise<unknown> {
  const kind = facts[0]!.kind
  const columns = shapes.get(kind)!
  const rows = facts.map((fact) => valuesOf(fact, columns))
  const names = columns.map(({ column }) => `"${column}"`).join(', ')
  const arrays = columns.map(({ type }, i) => `$${i + 4}::${type}[]`).join(', ')
  return connection.query(`INSERT INTO "${snakeCase(kind)}" (run, seq, checksum, ${names}) SELECT $1, * FROM unnest($2::int8[], $3::int8[], ${arrays})`, [
    run,
    facts.map(({ seq }) => seq),
    facts.map(({ seq }, i) => checksumOf(kind, seq, rows[i]!)),
    ...columns.map((column, i) => rows.map((row) => (column.type === 'json' ? row[i] : written(row[i]!)))),
  ])
}

/** Waits for all of them, then throws the first error: none of them is left unobserved. */
async function together<const Promises extends readonly Promise<unknown>[]>(
  promises: Promises,
): Promise<{ -readonly [I in keyof Promises]: Awaited<Promises[I]> }> {
  const settled = await Promise.allSettled(promises)
  for (const result of settled) if (result.status === 'rejected') throw result.reason
  return settled.map((result) => (result as PromiseFulfilledResult<unknown>).value) as never
}

export function committedNanoUsd(counters: ReadonlyMap<string, number>): number {
  const { settledNanoUsd, uncertainNanoUsd, openNanoUsd } = totalsOf(counters)
  return settledNanoUsd + uncertainNanoUsd + openNanoUsd
}

type Draft = {
  readonly facts: readonly Recorded<Fact>[]
  /** @param isHeld whether whoever records has the right to it; without it, what is recorded already is fine, and nothing is added */
  attempt(work: Work, isHeld: boolean): Result
}

/** The group in memory: facts that are to be inserted, and the run's row as it will be. */
function createDraft(head: Head, known: Known, othersNanoUsd: number): Draft {
  const facts: Recorded<Fact>[] = []

  function add(fact: Fact): void {
    const existing = known.existing(fact)
    if (existing !== undefined) {
      assertSame(fact, existing)
      return
    }
    const recorded = { ...fact, seq: head.lastSeq + 1 }
    for (const [name, change] of Object.entries(changesOf(fact, known))) if (change !== 0) head.counters.set(name, (head.counters.get(name) ?? 0) + change)
    head.digest = digestWith(head.digest, fact, known)
    head.lastSeq++
    facts.push(recorded)
    known.add(recorded)
  }

  function reserve(attempt: AttemptFact, { maxCostNanoUsd, maxTokens }: Caps): BudgetDecision {
    const tokens = (): number => {
      const { inputTokens, outputTokens, uncertainTokens, openTokens } = totalsOf(head.counters)
      return inputTokens + outputTokens + uncertainTokens + openTokens
    }
    const decision = (exceeds: BudgetDecision['exceeds']): BudgetDecision => {
      const { openNanoUsd, openTokens } = totalsOf(head.counters)
      const committed = { committedNanoUsd: committedNanoUsd(head.counters) + othersNanoUsd, committedTokens: tokens() }
      return { granted: exceeds === undefined, exceeds, ...committed, openNanoUsd, openTokens, othersNanoUsd }
    }
    // Recorded before its COMMIT's answer was lost: it has its money already.
    if (known.existing(attempt) === undefined) {
      assertPriced(attempt, maxCostNanoUsd)
      const wanted = committedNanoUsd(head.counters) + othersNanoUsd + (attempt.reservedNanoUsd ?? 0)
      if (maxCostNanoUsd !== undefined && wanted > maxCostNanoUsd) return decision('cost')
      if (maxTokens !== undefined && tokens() + attempt.reservedInputTokens + attempt.reservedOutputTokens > maxTokens) return decision('tokens')
    }
    add(attempt)
    return decision(undefined)
  }

  return {
    facts,
    attempt({ facts: wanted, caps }, isHeld) {
      // Nothing is sent in the right of a lost ticket. An answer may have been recorded although its COMMIT was not answered.
      if (!isHeld && (caps !== undefined || wanted.some((fact) => known.existing(fact) === undefined))) return { ok: false, error: lapsed(wanted[0]) }
      const before = { count: facts.length, lastSeq: head.lastSeq, digest: head.digest, counters: new Map(head.counters) }
      try {
        if (caps !== undefined) return { ok: true, value: reserve(wanted[0] as AttemptFact, caps) }
        for (const fact of wanted) add(fact)
        return { ok: true, value: undefined }
      } catch (error) {
        for (const fact of facts.splice(before.count)) known.remove(fact)
        Object.assign(head, { lastSeq: before.lastSeq, digest: before.digest, counters: before.counters })
        return { ok: false, error }
      }
    },
  }
}
