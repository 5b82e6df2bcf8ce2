import { existsSync, readFileSync } from 'node:fs'

/** One request to the fake provider. */
export type BookEntry = {
  /** Order of arrival, from 1; goes on when a server is started again on the same book. */
  readonly sequence: number
  /** Milliseconds since the epoch. */
  readonly receivedAt: number
  /** `chat`, `embeddings` or `moderations`. */
  readonly operation: string
  /** Which server was imitated. */
  readonly imitation: string
  /** Of the request body as JSON with sorted keys and no white space. */
  readonly bodySha256: string
  readonly model: string | null
  readonly seed: number | null
  /** The client's own name for the request, `x-client-request-id`. */
  readonly clientRequestId: string | null
  /** `idempotency-key`. OpenAI gives it no meaning for completions; neither does this server. */
  readonly idempotencyKey: string | null
  /** `answered`, the fault's kind, or `refused-<status>`; null when the server was killed before it got there. */
  readonly outcome: string | null
  /** Whether the provider did the work and would send a bill, whether or not the answer arrived. */
  readonly charged: boolean
  /** 0 unless charged, like all counts. */
  readonly inputTokens: number
  /** Part of inputTokens read from the prompt cache. */
  readonly cachedTokens: number
  readonly outputTokens: number
  /** Part of outputTokens that was hidden reasoning. */
  readonly reasoningTokens: number
  /** Of the completion; null unless charged. */
  readonly textSha256: string | null
}

export type BookTotals = {
  readonly requests: number
  readonly answered: number
  readonly charged: number
  /** Charged requests whose body had been charged for before. */
  readonly chargedAgain: number
  /** Charged ones. */
  readonly inputTokens: number
  readonly cachedTokens: number
  readonly outputTokens: number
}

export type Book = {
  /** In order of arrival. */
  readonly entries: readonly BookEntry[]
  /** Lines cut by a crash, left out. */
  readonly tornLines: number
  readonly totals: BookTotals
}

/**
 * Reads a fake provider's book, also while it is being written. A file that does not exist is an empty book.
 * Like the book-keeper it uses nothing of ours.
 */
export function readBook(file: string): Book {
  const entries = new Map<number, BookEntry>()
  let tornLines = 0
  const text = existsSync(file) ? readFileSync(file, 'utf8') : ''
  for (const line of text.split('\n')) {
    if (line === '') continue
    try {
      addLine(entries, JSON.parse(line) as BookLine)
    } catch {
      tornLines += 1
    }
  }
  const inOrder = [...entries.values()].sort((a, b) => a.sequence - b.sequence)
  return { entries: inOrder, tornLines, totals: totalsOf(inOrder) }
}

/** A request takes two lines: `received` names it, `finished` says how it ended. */
type BookLine = { readonly event: 'received' | 'finished'; readonly sequence: number; readonly at: number } & Partial<BookEntry>

const nothing = { inputTokens: 0, cachedTokens: 0, outputTokens: 0, reasoningTokens: 0, textSha256: null }
const unknown = { operation: 'chat', imitation: 'openai', bodySha256: '', model: null, seed: null, clientRequestId: null, idempotencyKey: null }
const blank = { ...unknown, outcome: null, charged: false, ...nothing }

function addLine(entries: Map<number, BookEntry>, { event: _, at, ...fields }: BookLine): void {
  entries.set(fields.sequence, { receivedAt: at, ...blank, ...entries.get(fields.sequence), ...fields })
}

function totalsOf(entries: readonly BookEntry[]): BookTotals {
  const charged = entries.filter((entry) => entry.charged)
  return {
    requests: entries.length,
    answered: entries.filter((entry) => entry.outcome === 'answered').length,
    charged: charged.length,
    chargedAgain: charged.length - new Set(charged.map((entry) => entry.bodySha256)).size,
    inputTokens: charged.reduce((sum, entry) => sum + entry.inputTokens, 0),
    cachedTokens: charged.reduce((sum, entry) => sum + entry.cachedTokens, 0),
    outputTokens: charged.reduce((sum, entry) => sum + entry.outputTokens, 0),
  }
}
