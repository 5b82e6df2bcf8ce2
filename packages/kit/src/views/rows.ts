import { setImmediate as nextTurn } from 'node:timers/promises'
import { toUsd } from '@sedi/pipeline'
import { beginningOf, type CandidateFact, type Ledger, type Recorded, type RejectionReason, type Totals } from '@sedi/spec'
import type { Row, Rows } from '@sedi/spec/api'
import { codeOfReason, type Instructions, type RunBook } from './run-book.ts'

export type RowFilter = {
  readonly verdict?: 'kept' | 'rejected' | undefined
  readonly reason?: RejectionReason | undefined
  readonly round?: number | undefined
  /** Only with this text in instruction, input or output; case does not matter. */
  readonly search?: string | undefined
}

export type RowsQuery = RowFilter & { readonly offset: number; readonly limit: number }

/** Lists of a run’s instructions: which belong to a filter is found once and kept. */
export type RowLists = {
  /** The rows at these places of the list, as far as they are known within that time. */
  rows(query: RowsQuery, withinMs: number): Promise<Rows>
  close(): void
}

/** Lists and searches kept for one run. */
const keptLists = 12

/** How long a request waits before it looks whether what was read is enough for it. */
const sliceMs = 50

/** A search nobody has asked about for so long stops. */
const abandonedMs = 10_000

export function createRowLists(book: RunBook, clock: () => number = Date.now): RowLists {
  const selections = new Map<string, Selection>()
  const searches = new Map<string, Search>()

  async function filtered({ offset, limit, ...filter }: RowsQuery, withinMs: number): Promise<Rows> {
    const selection = remembered(selections, JSON.stringify(filter), () => createSelection(book.instructions, filter))
    const until = clock() + withinMs
    const { raw, ...totals } = await book.ledger.totals()
    const counted = countedTotal(filter, { raw, ...totals })
    for (;;) {
      const found = selection.update()
      const isRead = book.instructions.count >= raw
      const total = Math.max(found, counted ?? 0)
      const complete = (isRead || counted !== undefined) && found >= Math.min(offset + limit, total)
      if (complete || isRead || clock() >= until) {
        const seqs = selection.places(offset, limit).map((place) => book.instructions.seqOf(place))
        return { total, offset, items: await rowsAt(book.ledger, seqs), complete }
      }
      await book.readWithin(Math.min(sliceMs, Math.max(0, until - clock())), 'instructions')
    }
  }

  async function searched({ offset, limit, ...filter }: RowsQuery, withinMs: number): Promise<Rows> {
    const search = remembered(searches, JSON.stringify(filter), () => createSearch(book.ledger, filter, clock))
    const complete = await search.advance(offset + limit, withinMs)
    return { total: search.found.length, offset, items: await rowsAt(book.ledger, search.found.slice(offset, offset + limit)), complete }
  }

  return {
    rows: (query, withinMs) => (query.search === undefined ? filtered(query, withinMs) : searched(query, withinMs)),
    close() {
      for (const search of searches.values()) search.stop()
    },
  }
}

/** The latest of them, and what is made when it is not there. */
function remembered<T extends { stop(): void }>(known: Map<string, T>, key: string, make: () => T): T {
  const value = known.get(key) ?? make()
  known.delete(key)
  known.set(key, value)
  for (const [oldest, old] of known) {
    if (known.size <= keptLists) break
    old.stop()
    known.delete(oldest)
  }
  return value
}

/** How many there are by the run’s counters; undefined where these do not say. */
function countedTotal({ verdict, reason, round }: RowFilter, { raw, kept, rejected }: Totals): number | undefined {
  if (round !== undefined) return undefined
  if (reason !== undefined) return verdict === 'kept' ? 0 : rejected[reason]
  return verdict === undefined ? raw : verdict === 'kept' ? kept : raw - kept
}

type Selection = {
  /** Looks at what the book has read since; says how many belong to it. */
  update(): number
  /** Places in run order. */
  places(offset: number, limit: number): number[]
  stop(): void
}

function createSelection(instructions: Instructions, filter: RowFilter): Selection {
  const matches = matcherOf(filter)
  if (matches === undefined) {
    return {
      update: () => instructions.count,
      places: (offset, limit) => Array.from({ length: Math.max(0, Math.min(limit, instructions.count - offset)) }, (_, i) => offset + i),
      stop() {},
    }
  }
  let chosen = new Uint32Array(1024)
  let count = 0
  let looked = 0
  return {
    update() {
      for (; looked < instructions.count; looked++) {
        if (!matches(instructions.codeOf(looked), instructions.roundOf(looked))) continue
        if (count === chosen.length) {
          const more = new Uint32Array(count * 2)
          more.set(chosen)
          chosen = more
        }
        chosen[count++] = looked
      }
      return count
    },
    places: (offset, limit) => Array.from(chosen.subarray(Math.min(offset, count), Math.min(count, offset + limit))),
    stop() {},
  }
}

/** Undefined where everything belongs to it. */
function matcherOf({ verdict, reason, round }: RowFilter): ((code: number, round: number) => boolean) | undefined {
  if (verdict === undefined && reason === undefined && round === undefined) return undefined
  const code = reason === undefined ? undefined : codeOfReason(reason)
  return (own, ownRound) =>
    (verdict === undefined || (own === 0) === (verdict === 'kept')) && (code === undefined || own === code) && (round === undefined || ownRound === round)
}

type Search = {
  /** Numbers of the facts that were found, in run order. */
  readonly found: readonly number[]
  /** Resolves when so many are found, all has been searched, or the time is over; says whether all has been. */
  advance(wanted: number, withinMs: number): Promise<boolean>
  stop(): void
}

/** Looks through texts as long as somebody asks; what is recorded later is searched when it is asked again. */
function createSearch(ledger: Ledger, filter: RowFilter, clock: () => number): Search {
  const found: number[] = []
  const wantedText = filter.search!.toLowerCase()
  const matches = matcherOf(filter) ?? (() => true)
  let last = 0
  let looked = 0
  let askedAt = 0
  let stopped = false
  let going: Promise<void> | undefined
  const waiting = new Set<() => void>()

  async function look(): Promise<void> {
    for await (const page of ledger.columns('candidate', ['round', 'reason', 'instruction', 'input', 'output'], last)) {
      for (const { seq, round, reason, instruction, input, output } of page) {
        last = seq
        if (matches(codeOfReason(reason), round) && `${instruction}\n${input}\n${output}`.toLowerCase().includes(wantedText)) found.push(seq)
      }
      looked += page.length
      for (const wake of waiting) wake()
      await nextTurn()
      if (stopped || clock() - askedAt > abandonedMs) return
    }
  }

  return {
    found,
    async advance(wanted, withinMs) {
      askedAt = clock()
      stopped = false
      going ??= look().finally(() => {
        going = undefined
      })
      going.catch(() => {}) // told to whoever still waits
      const enough = new Promise<void>((resolve) => {
        const done = (): void => {
          clearTimeout(late)
          waiting.delete(wake)
          resolve()
        }
        const wake = (): void => {
          if (found.length >= wanted) done()
        }
        const late = setTimeout(done, withinMs)
        waiting.add(wake)
        wake()
      })
      await Promise.race([going, enough])
      return looked >= (await ledger.totals()).raw
    },
    stop() {
      stopped = true
    },
  }
}

const shownCharacters = 240

/** Facts by their numbers, as lines of a list. */
async function rowsAt(ledger: Ledger, seqs: readonly number[]): Promise<Row[]> {
  return (await ledger.at('candidate', seqs)).map(rowOf)
}

function rowOf({ seq, id, round, instruction, verdict, reason, detail, nearestScore, nearestId, costNanoUsd }: Recorded<CandidateFact>): Row {
  const text = beginningOf(instruction, shownCharacters)
  return {
    ...{ seq, id, round, instruction: text, cut: instruction.length > text.length, detail: beginningOf(detail, shownCharacters) },
    ...{ verdict, reason, score: nearestScore, nearestId, costUsd: costNanoUsd === null ? null : toUsd(costNanoUsd) },
  }
}
