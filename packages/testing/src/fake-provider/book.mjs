// The fake provider's book-keeper: a process of its own, so that what it has written survives whatever happens to the server, and code of
// its own, so that a test which compares SeDi's ledger with the book compares two independent counts.
//
//   node book.mjs <file>
//
// Takes one JSON object per line on stdin, appends its entry to the file, and acknowledges on stdout once the entry is on disk.
// Ends when stdin does. Says `ready` first, or `taken` when another book-keeper has the file.

import { createHash } from 'node:crypto'
import { appendFileSync, fsyncSync, mkdirSync, openSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const file = path.resolve(process.argv[2] ?? 'book.jsonl')
mkdirSync(path.dirname(file), { recursive: true })
if (!lock(`${file}.lock`)) {
  process.stdout.write(`${JSON.stringify({ state: 'taken' })}\n`)
  process.exit(1)
}
const descriptor = openSync(file, 'a+')
let sequence = continueAfter(readFileSync(file, 'utf8'))
process.stdout.write(`${JSON.stringify({ state: 'ready' })}\n`)

// The server may be gone before its last lines are acknowledged; they are written all the same.
process.stdout.on('error', () => {})

let incomplete = ''
process.stdin.setEncoding('utf8')
process.stdin.on('data', (chunk) => {
  const lines = (incomplete + chunk).split('\n')
  incomplete = lines.pop() ?? ''
  if (lines.length === 0) return
  const notes = lines.map((line) => JSON.parse(line))
  const entries = notes.map((note) => (note.event === 'received' ? received(note) : finished(note)))
  appendFileSync(descriptor, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''))
  fsyncSync(descriptor)
  process.stdout.write(notes.map((note, i) => `${JSON.stringify({ id: note.id, sequence: entries[i]?.sequence })}\n`).join(''))
})

/** @param {{ body: string, operation?: string, imitation?: string, clientRequestId?: string, idempotencyKey?: string }} note */
function received({ body, operation = 'chat', imitation = 'openai', clientRequestId, idempotencyKey }) {
  sequence += 1
  const request = parse(body)
  return {
    event: 'received',
    sequence,
    at: Date.now(),
    operation,
    imitation,
    bodySha256: sha256(request === undefined ? body : JSON.stringify(sorted(request))),
    model: typeof request?.model === 'string' ? request.model : null,
    seed: typeof request?.seed === 'number' ? request.seed : null,
    clientRequestId: clientRequestId ?? null,
    idempotencyKey: idempotencyKey ?? null,
  }
}

/**
 * @param {{ sequence: number, outcome: string, charged: boolean, inputTokens: number, outputTokens: number, text: string | null,
 *   cachedTokens?: number, reasoningTokens?: number }} note
 */
function finished({ sequence, outcome, charged, inputTokens, outputTokens, text, cachedTokens = 0, reasoningTokens = 0 }) {
  const tokens = { inputTokens, cachedTokens, outputTokens, reasoningTokens }
  return { event: 'finished', sequence, at: Date.now(), outcome, charged, ...tokens, textSha256: text === null ? null : sha256(text) }
}

/** @param {string} text */
function sha256(text) {
  return createHash('sha256').update(text).digest('hex')
}

/** @param {string} text */
function parse(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}

/**
 * The same value with the keys of every object in order: the order of keys in a body means nothing.
 * @param {unknown} value
 * @returns {unknown}
 */
function sorted(value) {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, sorted(inner)]),
  )
}

/**
 * The last sequence number in an earlier book; closes its last line if a crash tore it.
 * @param {string} earlier
 */
function continueAfter(earlier) {
  if (earlier !== '' && !earlier.endsWith('\n')) appendFileSync(descriptor, '\n')
  return Math.max(0, ...Array.from(earlier.matchAll(/"sequence":(\d+)/g), (match) => Number(match[1])))
}

/**
 * Holds an SQLite lock on an empty file beside the book: the system releases it with the process, however that ends.
 * @param {string} lockFile
 */
function lock(lockFile) {
  const database = new DatabaseSync(lockFile)
  try {
    database.exec('BEGIN EXCLUSIVE')
  } catch {
    return false
  }
  // Referenced for ever: a collected database would give the lock back.
  process.on('exit', () => database.close())
  return true
}
