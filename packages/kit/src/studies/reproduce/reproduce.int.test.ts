import { spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { analyseStudy } from './analyse-study.ts'
import { studyArms as arms } from './arms.ts'
import type { CellFigures } from './measure-cell.ts'
import { measureStudents } from './measure-students.ts'
import { runStudy } from './run-study.ts'
import { quickStudy, studies } from './studies.ts'
import { cellsOf, type Study } from './study.ts'
import { writeStudyReport } from './write-study-report.ts'

const study: Study = {
  ...quickStudy,
  id: 'tiny',
  arms: [arms['self-instruct'], arms['relaxed-gap']],
  contrasts: [{ id: 'mask and filter', regime: 'equal-steps', a: 'relaxed-gap', b: 'self-instruct', measure: 'accuracy' }],
  size: { ...quickStudy.size, rounds: 2, calls: 6, steps: 8, batchSize: 8, testItemsPerKind: 1, replicates: 2 },
}
const checker = fileURLToPath(new URL('../../../../../tooling/check-reproduction.mjs', import.meta.url))
const check = (folder: string) => spawnSync(process.execPath, [checker, folder], { encoding: 'utf8' })

let root: string
let folder: string
let figures: readonly CellFigures[]
beforeAll(async () => {
  root = mkdtempSync(join(tmpdir(), 'sedi-reproduce-'))
  folder = join(root, 'study')
  // Stopped after its first run, as by Ctrl-C, and taken up again.
  const stop = new AbortController()
  const first = runStudy(study, { folder, concurrency: 1, commit: 'abc', stop: stop.signal, onCell: () => stop.abort() })
  await expect(first).rejects.toThrow(/Stopped after 1 of 4 runs; the same command goes on/)
  const cells: boolean[] = []
  const finished = await runStudy(study, { folder, concurrency: 2, commit: 'def', stop: new AbortController().signal, onCell: ({ kept }) => cells.push(kept) })
  expect(cells.filter(Boolean)).toHaveLength(1)
  figures = finished.map((one) => one.figures)
  const context = { machine: 'a machine', origins: finished.map(({ origin }) => origin), students: await measureStudents(study) }
  await writeStudyReport(folder, study, figures, analyseStudy(study, figures), context)
})
afterAll(() => rmSync(root, { recursive: true, force: true, maxRetries: 3 }))

describe('a reproduction', () => {
  it('runs every arm with the same seeds and streams in each replicate', () => {
    expect(figures.map(({ cell }) => cell)).toEqual(cellsOf(study).map(({ id }) => id))
    for (const one of figures) {
      expect(one).toMatchObject({ calls: 6, steps: 8 })
      expect(one.items).toHaveLength(57)
      expect(one.kept).toBeGreaterThan(10)
    }
    const [baseline, masked] = figures
    expect(baseline!.masked).toBeNull()
    expect(masked!.masked).not.toBeNull()
    expect(existsSync(join(folder, 'cells', figures[0]!.cell, 'models'))).toBe(false)
  })

  it('writes a report that the independent checker rebuilds from the ledgers', () => {
    const { status, stdout } = check(folder)
    expect(stdout).toMatch(/^\d{2,} figures of 4 runs compared, 0 different\.\n$/)
    expect(status).toBe(0)
    expect(readFileSync(join(folder, 'report.html'), 'utf8')).toContain('<svg')
    expect(readFileSync(join(folder, 'report.md'), 'utf8')).toMatch(/commits abc \(1 runs\), def \(3 runs\), 4 runs of \d+ minutes in all, a machine/)
  })

  it.each([
    [
      'a figure of the report',
      (copy: string) =>
        edit(join(copy, 'report.md'), /(\| self-instruct \| equal-steps \| inheriting \| 2 \| )(\d)/, (digit) => String((Number(digit) + 1) % 10)),
    ],
    ['the sentence to quote', (copy: string) => edit(join(copy, 'report.md'), /(^> .*minus .*?: [+−])(\d)/m, (digit) => String((Number(digit) + 1) % 10))],
    [
      'a row of a ledger',
      (copy: string) => inLedger(copy, 'DROP TRIGGER eval_no_update; UPDATE eval SET value = 1 - value WHERE item_id = (SELECT min(item_id) FROM eval)'),
    ],
    ['what a call cost', (copy: string) => inLedger(copy, 'DROP TRIGGER call_no_update; UPDATE call SET cost_nano_usd = cost_nano_usd + 1000000')],
    ['the contrasts, after the fact', (copy: string) => edit(join(copy, 'study.json'), /("measure": ")(accuracy)/, () => 'costUsdPerKept')],
  ])('is caught when somebody changes %s', (_, change) => {
    const copy = join(root, 'changed')
    cpSync(folder, copy, { recursive: true })
    change(copy)
    const { status, stdout } = check(copy)
    expect(stdout).toContain('DIFFERENT')
    expect(status).toBe(1)
    rmSync(copy, { recursive: true })
  })

  it('does not mix two studies in one folder', async () => {
    const other = { ...study, size: { ...study.size, calls: 7 } }
    await expect(runStudy(other, { folder, concurrency: 1, commit: 'abc', stop: AbortSignal.abort(), onCell: () => {} })).rejects.toThrow(/holds another study/)
  })
})

describe('the studies', () => {
  it.each(studies)('$id: every contrast names arms it has, and every run has a name of its own', (one) => {
    const ids = one.arms.map(({ id }) => id)
    for (const { a, b, regime } of one.contrasts) {
      expect(ids).toContain(a)
      expect(ids).toContain(b)
      expect(one.regimes).toContain(regime)
    }
    const names = cellsOf(one).map(({ id }) => id)
    expect(new Set(names).size).toBe(names.length)
  })
})

function edit(path: string, pattern: RegExp, change: (found: string) => string): void {
  const text = readFileSync(path, 'utf8')
  const changed = text.replace(pattern, (_, before: string, found: string) => before + change(found))
  expect(changed).not.toBe(text)
  writeFileSync(path, changed)
}

function inLedger(copy: string, statements: string): void {
  const database = new DatabaseSync(join(copy, 'cells', figures[0]!.cell, 'ledger.db'))
  database.exec(statements)
  database.close()
}
