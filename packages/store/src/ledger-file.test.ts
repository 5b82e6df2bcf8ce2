import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Fact, type OpenRun, type RunStore, SediError } from '@sedi/spec'
import { answeredFact, attemptFact, callFact, candidateFact, oneOfEach, runFact } from '@sedi/testing/contracts'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createSqliteStore } from './drivers/sqlite.ts'
import { importLedgerFile, writeLedgerFile } from './ledger-file.ts'
import { createRowWriter } from './row-writer.ts'

let folder: string
let file: string
let store: RunStore
let run: OpenRun
beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-ledger-file-'))
  file = join(folder, 'ledger.jsonl')
  store = createSqliteStore({ folder: join(folder, 'runs'), softwareVersion: 'test' })
  run = await store.create(runFact())
  const { run: _, session: __, ...others } = oneOfEach
  await run.ledger.append(Object.values(others))
  for (const [index, callId] of ['r01-c0001', 'r01-c0002'].entries()) {
    await run.ledger.append([attemptFact(callId), answeredFact(callId), callFact(callId, index + 1)])
    await run.ledger.append([candidateFact(`${callId}-i00`, callId, { output: 'line\u2028separator' }), { kind: 'yield', callId, round: 1, raw: 1, kept: 1 }])
  }
})
afterEach(async () => {
  await run.close()
  rmSync(folder, { recursive: true, force: true })
})

async function exportRun(): Promise<void> {
  const writer = createRowWriter(file)
  await writeLedgerFile('run-1', run.ledger.facts(), writer)
  await writer.close()
}

/** As a damaged ledger is salvaged: without some facts. */
async function exportWithout(lost: (fact: Fact & { readonly seq: number }) => boolean): Promise<void> {
  const facts = (await Array.fromAsync(run.ledger.facts())).filter((fact) => !lost(fact))
  const writer = createRowWriter(file)
  await writeLedgerFile('run-1', facts, writer, false)
  await writer.close()
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => 'no error',
    (error: unknown) => (SediError.is(error) ? error.code : String(error)),
  )

const lines = (): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')
const write = (all: readonly string[]): void => writeFileSync(file, `${all.join('\n')}\n`)

describe('a ledger file', () => {
  it('makes a run with the same facts and digest', async () => {
    await exportRun()
    const result = await importLedgerFile(store, file, { name: 'again' })
    expect(result).toMatchObject({ run: 'again', digest: await run.ledger.digest() })
    const again = await store.read('again')
    const facts = async (ledger: typeof again) =>
      (await Array.fromAsync(ledger.facts())).filter(({ kind }) => kind !== 'session' && kind !== 'run').map(({ seq: _, ...fact }) => fact)
    expect(await facts(again)).toEqual(await facts(run.ledger))
    expect(await again.totals()).toEqual(await run.ledger.totals())
    await again.close()
    expect((await store.check('again')).damage).toEqual([])
  })

  it('that is cut short, changed or something else is refused before anything is created', async () => {
    await exportRun()
    const whole = lines()
    const changed = whole.map((line) => line.replace('"kept":1', '"kept":0'))
    for (const all of [whole.slice(0, -1), whole.slice(0, 5), changed, ['{"some":"file"}'], [...whole.slice(0, 4), '{"broken', ...whole.slice(5)]]) {
      write(all)
      expect(await codeOf(importLedgerFile(store, file, { name: 'again' }))).toBe('invalid-input')
    }
    write([whole[0]!.replace('"version":1', '"version":2'), ...whole.slice(1)])
    expect(await codeOf(importLedgerFile(store, file, { name: 'again' }))).toBe('unsupported')
    expect((await store.list()).map(({ runId }) => runId)).toEqual(['run-1'])
  })

  it('never replaces a run', async () => {
    await exportRun()
    expect(await codeOf(importLedgerFile(store, file))).toBe('conflict')
  })

  it('with facts missing: refused, or with recover everything before the gap and every answer after it', async () => {
    await exportWithout((fact) => fact.kind === 'candidate' && fact.callId === 'r01-c0001')
    expect(await codeOf(importLedgerFile(store, file, { name: 'again' }))).toBe('invalid-input')
    await importLedgerFile(store, file, { name: 'again', recover: true })
    const again = await store.read('again')
    expect((await again.find('call')).map(({ callId }) => callId)).toEqual(['r01-c0000', 'r01-c0001', 'r01-c0002'])
    expect((await again.find('outcome')).map(({ callId }) => callId)).toEqual(['r01-c0000', 'r01-c0001', 'r01-c0002'])
    expect((await again.find('candidate')).map(({ callId }) => callId)).toEqual(['r01-c0000']) // made again when the run is resumed
    expect((await again.find('step')).length).toBe(1) // before the gap
    await again.close()
    expect((await store.check('again')).damage).toEqual([])
  })

  it('without an attempt: its outcome is left out, its answer stays', async () => {
    await exportWithout((fact) => fact.kind === 'attempt' && fact.callId === 'r01-c0001')
    await importLedgerFile(store, file, { name: 'again', recover: true })
    const again = await store.read('again')
    expect((await again.find('outcome')).map(({ callId }) => callId)).toEqual(['r01-c0000', 'r01-c0002'])
    expect((await again.find('call')).length).toBe(3)
    await again.close()
  })

  it('without what the run began with cannot be resumed, and says so', async () => {
    await exportWithout((fact) => fact.kind === 'run')
    expect(await codeOf(importLedgerFile(store, file, { name: 'again', recover: true }))).toBe('invalid-input')
    await exportWithout((fact) => fact.seq === 2)
    expect(await codeOf(importLedgerFile(store, file, { name: 'again', recover: true }))).toBe('invalid-input')
  })
})
