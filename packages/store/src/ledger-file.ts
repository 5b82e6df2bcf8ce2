import { createHash, type Hash } from 'node:crypto'
import { type Fact, type Recorded, type RunFact, type RunStore, SediError } from '@sedi/spec'
import { addedFields } from './added-fields.ts'
import { readRows } from './read-rows.ts'
import type { RowWriter } from './row-writer.ts'

/**
 * A ledger as JSON lines, to keep, to move or to read with anything: a header, one fact per line in order of recording, and an end with
 * the number of facts and the SHA-256 of their lines.
 */
const formatName = 'sedi-ledger'
const formatVersion = 1

type Header = { readonly format: string; readonly version: number; readonly run: string }
type End = { readonly end: { readonly facts: number; readonly sha256: string; readonly complete: boolean } }

/** Facts recorded together while importing. */
const chunkSize = 1000

/** @param complete false for what was salvaged with facts missing */
export async function writeLedgerFile(
  run: string,
  facts: AsyncIterable<Recorded<Fact>> | Iterable<Recorded<Fact>>,
  writer: Pick<RowWriter, 'write'>,
  complete = true,
): Promise<{ readonly facts: number; readonly sha256: string }> {
  const hash = createHash('sha256')
  let count = 0
  await writer.write({ format: formatName, version: formatVersion, run } satisfies Header)
  for await (const fact of facts) {
    addLine(hash, fact)
    await writer.write(fact)
    count++
  }
  const end = { facts: count, sha256: hash.digest('hex'), complete }
  await writer.write({ end } satisfies End)
  return end
}

/** A fact's line as JSON.stringify writes it, which parsing and writing again does not change. */
const addLine = (hash: Hash, fact: object): Hash => hash.update(`${JSON.stringify(fact)}\n`)

export type ImportOptions = {
  /** What the new run is called; default: as in the file. */
  readonly name?: string | undefined
  /** Takes a file with facts missing: see `importLedgerFile`. */
  readonly recover?: boolean | undefined
}

export type ImportResult = { readonly run: string; readonly folder: string; readonly read: number; readonly imported: number; readonly digest: string }

/**
 * Makes a run of a ledger file. The file is read to its end before anything is created.
 *
 * With `recover`, a file with facts missing is taken as well: everything before the first gap, and after it the attempts, their outcomes and
 * the answers, which is what was paid for. What the loop made of them after the gap is left out, because it makes it again when the run is
 * resumed. Rejects with `invalid-input` when the file is cut short, changed, or its gap reaches what the run began with.
 */
export async function importLedgerFile(store: RunStore, path: string, { name, recover = false }: ImportOptions = {}): Promise<ImportResult> {
  const { run, sessions, firstGap, complete } = await inspect(path, recover)
  if (!complete && !recover) {
    throw new SediError(
      'invalid-input',
      `${path} has facts missing. With --recover it becomes a run that is resumed from before the first gap and keeps every answer.`,
    )
  }
  if (firstGap <= sessions[0]!.seq) {
    throw new SediError(
      'invalid-input',
      `${path}: what the run began with (configuration, seeds, test set) is not complete. Its answers are in the file, but it cannot be resumed.`,
    )
  }
  const runId = name ?? run.runId
  const opened = await store.create(
    { ...run, runId },
    sessions.filter(({ seq }) => seq < firstGap),
  )
  try {
    const counts = { read: 0, imported: 1 + sessions.length }
    let chunk: Fact[] = []
    const attempts = new Set<string>()
    for await (const fact of factsIn(path)) {
      counts.read++
      if (fact.kind === 'run' || fact.kind === 'session' || !belongs(fact, firstGap, attempts)) continue
      if (fact.kind === 'attempt') attempts.add(`${fact.callId}/${fact.attempt}`)
      chunk.push(fact)
      counts.imported++
      if (chunk.length < chunkSize) continue
      await opened.ledger.append(chunk)
      chunk = []
    }
    await opened.ledger.append(chunk)
    return { run: runId, folder: opened.folder, ...counts, digest: await opened.ledger.digest() }
  } finally {
    await opened.close()
  }
}

/** The facts of a ledger file, in order. Rejects with `invalid-input` when the file is cut short or changed: it is read to its end first. */
export async function* readLedgerFile(path: string): AsyncGenerator<Recorded<Fact>> {
  await inspect(path, false)
  yield* factsIn(path)
}

function belongs(fact: Recorded<Fact>, firstGap: number, attempts: ReadonlySet<string>): boolean {
  if (fact.seq < firstGap || fact.kind === 'attempt' || fact.kind === 'call') return true
  return fact.kind === 'outcome' && attempts.has(`${fact.callId}/${fact.attempt}`)
}

type Inspection = {
  readonly run: RunFact
  readonly sessions: readonly (Recorded<Fact> & { readonly kind: 'session' })[]
  /** The smallest sequence number that is missing. */
  readonly firstGap: number
  readonly complete: boolean
}

async function inspect(path: string, recover: boolean): Promise<Inspection> {
  const hash = createHash('sha256')
  let header: Header | undefined
  let end: End['end'] | undefined
  let run: RunFact | undefined
  const sessions: (Recorded<Fact> & { readonly kind: 'session' })[] = []
  let count = 0
  let nextSeq = 1
  let gap = false
  for await (const value of linesIn(path, recover)) {
    if (isHeader(value)) header = value
    else if (isEnd(value)) end = value.end
    else {
      const fact = value as Recorded<Fact>
      addLine(hash, fact)
      count++
      if (fact.kind === 'run') run = fact
      if (fact.kind === 'session') sessions.push(fact)
      gap ||= fact.seq !== nextSeq
      if (!gap) nextSeq++
    }
  }
  if (header?.format !== formatName) throw new SediError('invalid-input', `${path} is not a ledger file: expected a first line with "format": "${formatName}".`)
  if (header.version !== formatVersion) {
    throw new SediError('unsupported', `${path} has format version ${header.version}; this version of SeDi reads ${formatVersion}. Update SeDi.`)
  }
  const whole = end !== undefined && end.facts === count && end.sha256 === hash.digest('hex')
  if (!whole && !recover) throw new SediError('invalid-input', `${path} is cut short or was changed: its end does not fit its ${count} facts. Copy it again.`)
  if (run === undefined || sessions.length === 0)
    throw new SediError('invalid-input', `${path}: the fact that says what the run is is missing; no run can be made of it.`)
  return { run, sessions, firstGap: nextSeq, complete: whole && end!.complete && !gap }
}

async function* factsIn(path: string): AsyncGenerator<Recorded<Fact>> {
  for await (const value of linesIn(path, true)) {
    if (isHeader(value) || isEnd(value)) continue
    const fact = value as Recorded<Fact>
    yield { ...addedFields[fact.kind], ...fact } as Recorded<Fact>
  }
}

async function* linesIn(path: string, tolerant: boolean): AsyncGenerator<object> {
  for await (const row of readRows(path)) {
    if ('value' in row && typeof row.value === 'object' && row.value !== null) yield row.value
    else if (!tolerant) throw new SediError('invalid-input', `${path}, line ${row.line}: ${'problem' in row ? row.problem : 'expected a fact'}.`)
  }
}

const isHeader = (value: object): value is Header => 'format' in value && 'version' in value
const isEnd = (value: object): value is End => 'end' in value
