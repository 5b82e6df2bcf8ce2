import { setImmediate as nextTurn } from 'node:timers/promises'
import { isEmbedCallId, type Ledger, type RejectionReason, rejectionReasons, roundOfPlace } from '@sedi/spec'

/** What is counted of a round. */
export type RoundCounts = {
  readonly round: number
  raw: number
  kept: number
  /** Settled, with all that was asked about its items; null when a price is unknown. */
  costNanoUsd: number | null
  steps: number
  seedsAdded: number
  seedsEvicted: number
}

/** What had been bought and written by then. */
export type ProgressPoint = { readonly at: number; readonly calls: number; readonly raw: number; readonly kept: number; readonly costNanoUsd: number | null }

/**
 * A run read into columns that stay in memory (some 7 bytes an instruction): where instructions with some verdict are, and how the run went. It only
 * grows, as facts do; what was recorded since it was last read costs only that.
 */
export type RunBook = {
  readonly ledger: Ledger
  /** Reads what was recorded since, in pieces between which others have their turn; resolves when all of it is read, or the time is over. Says which. */
  readWithin(ms: number, what: 'instructions' | 'progress'): Promise<boolean>
  readonly instructions: Instructions
  rounds(): readonly RoundCounts[]
  /** Evenly over the answers, the first and the last among them. */
  progress(most: number): readonly ProgressPoint[]
  /** Rough size in bytes. */
  bytes(): number
}

/** Every candidate by its place in run order. */
export type Instructions = {
  readonly count: number
  seqOf(place: number): number
  /** 0 for kept, else 1 + the place of its reason in `rejectionReasons`. */
  codeOf(place: number): number
  roundOf(place: number): number
  /** By round, then code. */
  readonly counts: ReadonlyMap<number, readonly number[]>
}

export const codeOfReason = (reason: RejectionReason | null): number => (reason === null ? 0 : 1 + rejectionReasons.indexOf(reason))

export function createRunBook(ledger: Ledger): RunBook {
  const instructions = createInstructions()
  const money = createProgress()
  const read = {
    instructions: createReading(async function* () {
      for await (const page of ledger.columns('candidate', ['round', 'reason'], instructions.last())) {
        for (const { seq, round, reason } of page) instructions.add(seq, round, codeOfReason(reason))
        yield
      }
    }),
    progress: createReading(() => money.read(ledger)),
  }
  return {
    ledger,
    readWithin: (ms, what) => read[what](ms),
    instructions,
    rounds: money.rounds,
    progress: money.points,
    bytes: () => instructions.bytes() + money.bytes(),
  }
}

type Reading = (ms: number) => Promise<boolean>

/** One reading at a time, for everybody who waits for it; what was recorded after it had begun is read by the next one. */
function createReading(pages: () => AsyncGenerator<void>): Reading {
  let going: Promise<void> | undefined
  async function read(): Promise<void> {
    for await (const _ of pages()) await nextTurn()
  }
  return async (ms) => {
    going ??= read().finally(() => {
      going = undefined
    })
    going.catch(() => {}) // told to whoever still waits
    const late = new Promise<boolean>((resolve) => setTimeout(resolve, ms, false).unref())
    return Promise.race([going.then(() => true), late])
  }
}

type GrowingInstructions = Instructions & { add(seq: number, round: number, code: number): void; last(): number; bytes(): number }

function createInstructions(): GrowingInstructions {
  let seqs = new Float64Array(1024)
  let rounds = new Int32Array(1024)
  let codes = new Uint8Array(1024)
  let count = 0
  const counts = new Map<number, number[]>()
  function grow(): void {
    const size = count * 2
    const [moreSeqs, moreRounds, moreCodes] = [new Float64Array(size), new Int32Array(size), new Uint8Array(size)]
    moreSeqs.set(seqs)
    moreRounds.set(rounds)
    moreCodes.set(codes)
    ;[seqs, rounds, codes] = [moreSeqs, moreRounds, moreCodes]
  }
  return {
    get count() {
      return count
    },
    add(seq, round, code) {
      if (count === seqs.length) grow()
      seqs[count] = seq
      rounds[count] = round
      codes[count] = code
      count++
      const ofRound = counts.get(round) ?? Array.from({ length: 1 + rejectionReasons.length }, () => 0)
      counts.set(round, ofRound)
      ofRound[code]!++
    },
    last: () => (count === 0 ? 0 : seqs[count - 1]!),
    seqOf: (place) => seqs[place]!,
    codeOf: (place) => codes[place]!,
    roundOf: (place) => rounds[place]!,
    counts,
    bytes: () => seqs.byteLength + rounds.byteLength + codes.byteLength,
  }
}

type ProgressBook = {
  read(ledger: Ledger): AsyncGenerator<void>
  rounds(): readonly RoundCounts[]
  points(most: number): readonly ProgressPoint[]
  bytes(): number
}

/** An answer as it was paid, and what was read from one. */
type Paid = { readonly seq: number; readonly at: number; readonly calls: number; readonly costNanoUsd: number | null }
type Yielded = { readonly seq: number; readonly raw: number; readonly kept: number }

function createProgress(): ProgressBook {
  const rounds = new Map<number, RoundCounts>()
  const paid: Paid[] = []
  const yielded: Yielded[] = []
  const cursors = { outcome: 0, yield: 0, step: 0, 'seed-event': 0 }
  const roundOf = (round: number): RoundCounts => {
    const known = rounds.get(round) ?? { round, raw: 0, kept: 0, costNanoUsd: 0, steps: 0, seedsAdded: 0, seedsEvicted: 0 }
    rounds.set(round, known)
    return known
  }
  const plus = (sum: number | null, cost: number | null): number | null => (sum === null || cost === null ? null : sum + cost)

  return {
    async *read(ledger) {
      for await (const page of ledger.columns('outcome', ['callId', 'result', 'costNanoUsd', 'at'], cursors.outcome)) {
        for (const { seq, callId, result, costNanoUsd, at } of page) {
          cursors.outcome = seq
          if (result !== 'answered') continue
          const before = paid.at(-1) ?? { at: 0, calls: 0, costNanoUsd: 0 }
          const calls = before.calls + (isEmbedCallId(callId) ? 0 : 1)
          paid.push({ seq, at: Math.max(before.at, at), calls, costNanoUsd: plus(before.costNanoUsd, costNanoUsd) })
          const round = roundOf(roundOfPlace(callId))
          round.costNanoUsd = plus(round.costNanoUsd, costNanoUsd)
        }
        yield
      }
      for await (const page of ledger.columns('yield', ['round', 'raw', 'kept'], cursors.yield)) {
        for (const { seq, round, raw, kept } of page) {
          cursors.yield = seq
          const before = yielded.at(-1) ?? { raw: 0, kept: 0 }
          yielded.push({ seq, raw: before.raw + raw, kept: before.kept + kept })
          const counts = roundOf(round)
          counts.raw += raw
          counts.kept += kept
        }
        yield
      }
      for await (const page of ledger.columns('step', ['round'], cursors.step)) {
        for (const { seq, round } of page) {
          cursors.step = seq
          roundOf(round).steps++
        }
        yield
      }
      for await (const page of ledger.columns('seed-event', ['round', 'action'], cursors['seed-event'])) {
        for (const { seq, round, action } of page) {
          cursors['seed-event'] = seq
          if (round > 0) roundOf(round)[action === 'add' ? 'seedsAdded' : 'seedsEvicted']++
        }
      }
    },
    rounds: () => [...rounds.values()].filter(({ round }) => round > 0).sort((a, b) => a.round - b.round),
    points(most) {
      const chosen = Math.min(most, paid.length)
      let known = -1
      return Array.from({ length: chosen }, (_, i) => {
        const { seq, at, calls, costNanoUsd } = paid[chosen === 1 ? 0 : Math.round((i * (paid.length - 1)) / (chosen - 1))]!
        while (known + 1 < yielded.length && yielded[known + 1]!.seq <= seq) known++
        const { raw, kept } = yielded[i === chosen - 1 ? yielded.length - 1 : known] ?? { raw: 0, kept: 0 }
        return { at, calls, raw, kept, costNanoUsd }
      })
    },
    bytes: () => 64 * (paid.length + yielded.length),
  }
}
