import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@sedi/kit'
import { type PostgresServer, startPostgres } from '@sedi/testing'
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { testFolder } from './fixtures/test-folder.ts'

let postgres: PostgresServer
beforeAll(async () => {
  postgres = await startPostgres()
})
afterAll(async () => postgres.destroy())

it('the server over a database: create, watch, pause, resume, the same digest as in a folder; no password in any answer', { timeout: 600_000 }, async () => {
  const cwd = testFolder()
  const store = postgres.url.replace('sedi@', 'sedi:hunter22@')
  const server = spawnSedi(['serve', '--port', '0', '--store', store], { cwd })
  onTestFinished(() => void server.process.kill('SIGKILL'))
  await expect.poll(() => server.stderr(), { timeout: 120_000 }).toMatch(/Listening on \S+/)
  const origin = /Listening on (\S+)/.exec(server.stderr())![1]!
  const said: string[] = []
  async function ask(path: string, body?: object): Promise<{ readonly status: number; readonly text: string }> {
    const sent = body === undefined ? {} : { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body) }
    const response = await fetch(`${origin}/v1/${path}`, sent)
    const text = await response.text()
    said.push(text)
    return { status: response.status, text }
  }
  const detail = async () => JSON.parse((await ask('runs/shared')).text) as { readonly state: string; readonly calls: number; readonly digest: string }

  const config = {
    seeds: 'seeds.jsonl',
    generator: { id: 'simulated', latencyMs: 300 },
    trainer: 'none',
    target: { calls: 60 },
    rounds: 2,
    limits: { concurrency: 2 },
  }
  expect(await ask('runs', { name: 'shared', config })).toMatchObject({ status: 201 })
  expect(await ask('runs', { name: 'shared', config })).toMatchObject({ status: 409 })
  await expect.poll(async () => (await detail()).calls, { timeout: 120_000 }).toBeGreaterThan(5)
  expect(JSON.parse((await ask('runs/shared/pause', { waitSeconds: 60 })).text)).toMatchObject({ confirmed: true, state: 'paused' })
  const begun = (await ask('runs/shared/events?follow=false')).text.match(/^id: \d+$/gm)!
  expect(await ask('runs/shared/resume', {})).toMatchObject({ status: 202 })
  await expect.poll(async () => (await detail()).state, { timeout: 240_000 }).toBe('done')

  const later = (await ask(`runs/shared/events?follow=false&after=${begun.length}`)).text.match(/^id: \d+$/gm)!
  expect([...begun, ...later]).toEqual(Array.from({ length: begun.length + later.length }, (_, i) => `id: ${i + 1}`))
  const calm = JSON.parse((await sedi(['run', '--json', '--set', 'generator.latencyMs=0'], { cwd: writeConfigOf(cwd, config) })).stdout) as { digest: string }
  expect((await detail()).digest).toBe(calm.digest)

  // A folder with a ledger beside the server can be read by path on the command line, and must not be found by name here.
  const outside = await openStore({ store: cwd }).create({ kind: 'run', runId: 'beside', config: {}, fingerprint: '', softwareVersion: '', createdAt: 0 })
  await outside.close()
  expect(await ask('runs/beside')).toMatchObject({ status: 404 })

  await ask('runs')
  for (const text of said) expect(text).not.toContain('hunter22')
  server.process.kill('SIGTERM')
  expect((await server.finished).code).toBe(0)
})

function writeConfigOf(cwd: string, config: object): string {
  writeFileSync(join(cwd, 'sedi.config.json'), JSON.stringify(config))
  return cwd
}
