import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createSqliteStore } from '../../sqlite.ts'
import { openSharedDatabase } from './shared-database.ts'

let folder: string
const children: ChildProcess[] = []
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-shared-'))
})
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})

type Started = { readonly child: ChildProcess; readonly lines: string[]; readonly ready: Promise<void>; readonly ended: Promise<unknown> }

function start(script: 'limited-process' | 'spending-process', args: readonly (string | number)[]): Started {
  const file = fileURLToPath(new URL(`../../../fixtures/${script}.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', file, folder, ...args.map(String)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  children.push(child)
  const lines: string[] = []
  const ready = new Promise<void>((resolve) => {
    let rest = ''
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const parts = (rest + text).split('\n')
      rest = parts.pop()!
      lines.push(...parts)
      if (lines.includes('ready')) resolve()
    })
    child.on('close', () => resolve())
  })
  return { child, lines, ready, ended: once(child, 'close') }
}

it('three processes never send more than allowed in any window, all make progress, and one that is killed holds up nobody', async () => {
  const [places, limit, windowMs] = [40, 20, 1000]
  const started = [0, 1, 2].map(() => start('limited-process', [places, limit, windowMs]))
  await Promise.all(started.map(({ ready }) => ready))
  for (const { child } of started) child.stdin!.write('go\n')
  while (started[2]!.lines.length < 10) await wait(10)
  started[2]!.child.kill('SIGKILL')
  await Promise.all(started.map(({ ended }) => ended))

  const given = started.map(({ lines }) => lines.slice(1).map((line) => (JSON.parse(line) as { at: number }).at))
  const all = given.flat().sort((a, b) => a - b)
  // What the killed one took without having said so only makes room smaller.
  const most = Math.max(...all.map((at, i) => all.slice(i).filter((other) => other < at + windowMs).length))
  expect(most).toBeLessThanOrEqual(limit)
  expect([given[0]!.length, given[1]!.length]).toEqual([places, places])
  const firstHalf = all.slice(0, 40)
  for (const own of given.slice(0, 2)) expect(own.filter((at) => firstHalf.includes(at)).length).toBeGreaterThanOrEqual(5)
})

it('three processes spending one budget never exceed it, killed again and again in between', async () => {
  // So much that their short lives do not spend it all: who has nothing to spend ends before it is killed.
  const cap = 300_500
  const runs = ['a', 'b', 'c']
  const store = createSqliteStore({ folder, softwareVersion: 'test' })
  let kills = 0
  for (let killing = true; killing; ) {
    const started = runs.map((run) => start('spending-process', [run, cap]))
    await Promise.all(started.map(({ ready }) => ready))
    for (const { child } of started) child.stdin!.write('go\n')
    if (kills < 12) {
      await wait(5 + 40 * Math.random())
      for (const { child } of started) {
        if (child.exitCode === null && child.kill('SIGKILL')) kills++
        await wait(10 * Math.random())
      }
    } else killing = false
    await Promise.all(started.map(({ ended }) => ended))
    const { rows, ledgers } = await state()
    expect([...rows.values()].reduce((sum, nanoUsd) => sum + nanoUsd, 0)).toBeLessThanOrEqual(cap)
    for (const [run, nanoUsd] of ledgers) expect(rows.get(`${run} 1`) ?? 0, run).toBeGreaterThanOrEqual(nanoUsd)
    if (!killing) {
      // All ended by themselves: the rows are exact, and nothing more fits.
      expect(new Map([...rows].map(([run, nanoUsd]) => [run.split(' ')[0], nanoUsd]))).toEqual(ledgers)
      expect([...rows.values()].reduce((sum, nanoUsd) => sum + nanoUsd, 0)).toBeGreaterThan(cap - 1000)
    }
  }
  expect(kills).toBeGreaterThanOrEqual(12)

  async function state(): Promise<{ readonly rows: ReadonlyMap<string, number>; readonly ledgers: ReadonlyMap<string, number> }> {
    const database = openSharedDatabase(folder, 1000)
    const rows = new Map(
      database
        .prepare('SELECT run, nano_usd FROM committed')
        .all()
        .map(({ run, nano_usd }) => [String(run), Number(nano_usd)]),
    )
    database.close()
    const ledgers = new Map<string, number>()
    for (const run of runs) {
      const ledger = await store.read(run)
      const { settledNanoUsd, uncertainNanoUsd, openNanoUsd } = await ledger.totals()
      ledgers.set(run, settledNanoUsd + uncertainNanoUsd + openNanoUsd)
      await ledger.close()
    }
    return { rows, ledgers }
  }
})
