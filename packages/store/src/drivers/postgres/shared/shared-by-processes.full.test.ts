import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type Link, type PostgresServer, startLink, startPostgres } from '@sedi/testing'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { newStoreAddress } from '../../../fixtures/pg-store.ts'
import { createPostgresStore } from '../../postgres.ts'
import { layOut } from '../layouts.ts'
import { createServer } from '../server.ts'

let server: PostgresServer
let link: Link
let folder: string
let direct: string
let address: string
const children: ChildProcess[] = []

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-shared-'))
  server = await startPostgres()
})
afterAll(async () => {
  await server.destroy()
  rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
})
beforeEach(async () => {
  link = await startLink(server.port)
  direct = newStoreAddress(server.url, folder)
  address = direct.replace(`:${server.port}`, `:${link.port}`)
  await layOut(createServer(direct))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await link.close()
})

type Started = { readonly child: ChildProcess; readonly lines: string[]; readonly ready: Promise<void>; readonly ended: Promise<unknown> }

function start(script: 'limited-process-pg' | 'spending-process', args: readonly (string | number)[]): Started {
  const file = fileURLToPath(new URL(`../../../fixtures/${script}.ts`, import.meta.url))
  const child = spawn(process.execPath, ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', file, address, ...args.map(String)], {
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

it('three processes never send more than allowed in any window, all make progress, although one is killed and the line is cut', async () => {
  const [places, limit, windowMs] = [40, 20, 1000]
  const admin = createServer(direct)
  // Every place with the time it was taken at, by the database's clock.
  await admin.query('CREATE TABLE taken (at FLOAT8)')
  await admin.query(
    `CREATE FUNCTION note_taken() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO ${admin.schema}.taken VALUES (NEW.at); RETURN NULL; END'`,
  )
  await admin.query('CREATE TRIGGER note_taken AFTER INSERT ON rate_sent FOR EACH ROW EXECUTE FUNCTION note_taken()')
  const started = [0, 1, 2].map(() => start('limited-process-pg', [places, limit, windowMs]))
  await Promise.all(started.map(({ ready }) => ready))
  for (const { child } of started) child.stdin!.write('go\n')
  while (started[2]!.lines.length < 10) await wait(10)
  started[2]!.child.kill('SIGKILL')
  link.cut()
  await wait(500)
  link.cut()
  await Promise.all(started.map(({ ended }) => ended))

  const { rows } = await admin.query('SELECT at FROM taken ORDER BY at')
  const all = rows.map(({ at }) => Number(at))
  const most = Math.max(...all.map((at, i) => all.slice(i).filter((other) => other < at + windowMs).length))
  expect(most).toBeLessThanOrEqual(limit)
  expect(most).toBeGreaterThan(limit / 2)
  expect(started.slice(0, 2).map(({ lines }) => lines.length)).toEqual([places + 1, places + 1])
  // A place whose commit was cut off may have been taken in vain, and is taken again.
  expect(all.length).toBeGreaterThanOrEqual(2 * places + 8)
})

it('three processes spending one budget never exceed it: killed, cut off, and the server killed in between', { timeout: 600_000 }, async () => {
  // So much that lives of a few hundred milliseconds do not spend it all: who has nothing to spend ends before it is killed.
  const cap = 600_500
  const runs = ['a', 'b', 'c']
  const store = createPostgresStore({ address: direct, softwareVersion: 'test' })
  let kills = 0
  for (let killing = true; killing; ) {
    const started = runs.map((run) => start('spending-process', [run, cap]))
    await Promise.all(started.map(({ ready }) => ready))
    for (const { child } of started) child.stdin!.write('go\n')
    if (kills < 12) {
      await wait(30 + 100 * Math.random())
      link.cut()
      if (kills === 6) {
        await server.kill()
        await server.start()
      }
      await wait(100 * Math.random())
      for (const { child } of started) {
        if (child.exitCode === null && child.kill('SIGKILL')) kills++
        await wait(10 * Math.random())
      }
    } else killing = false
    await Promise.all(started.map(({ ended }) => ended))
    if (!killing) expect(started.map(({ child }) => child.exitCode)).toEqual([0, 0, 0])
    await left()
    const { shares, ledgers } = await state()
    expect(shares).toEqual(ledgers)
    const spent = [...shares.values()].reduce((sum, nanoUsd) => sum + nanoUsd, 0)
    expect(spent).toBeLessThanOrEqual(cap)
    if (!killing) expect(spent).toBeGreaterThan(cap - 1000)
  }
  expect(kills).toBeGreaterThanOrEqual(12)

  /** A process that was killed is gone before the server has done the last it was asked for: its session holds the run's lock until then. */
  async function left(): Promise<void> {
    const admin = createServer(direct)
    while ((await admin.query(`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'`)).rows.length > 0) await wait(10)
  }

  /** What the shared budget says of each run, and what its ledger says; nobody writes meanwhile. */
  async function state(): Promise<{ readonly shares: ReadonlyMap<string, number>; readonly ledgers: ReadonlyMap<string, number> }> {
    const { rows } = await createServer(direct).query('SELECT name, nano_usd FROM budget_share JOIN head USING (run) ORDER BY name')
    const ledgers = new Map<string, number>()
    for (const { name } of rows) {
      const { settledNanoUsd, uncertainNanoUsd, openNanoUsd } = await (await store.read(String(name))).totals()
      ledgers.set(String(name), settledNanoUsd + uncertainNanoUsd + openNanoUsd)
    }
    return { shares: new Map(rows.map(({ name, nano_usd }) => [String(name), Number(nano_usd)])), ledgers }
  }
})
