import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { request } from 'node:http'
import { openStore } from '@sedi/kit'
import { expect, it, onTestFinished } from 'vitest'
import { followEvents, seqsUpTo } from './fixtures/follow-events.ts'
import { cliMain, longConfig, testServer } from './fixtures/test-server.ts'

const server = testServer()

/** The server as a process of its own, so that it can be killed. */
async function serve(port: number): Promise<{ readonly port: number; kill(): Promise<void> }> {
  const options = ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', cliMain, 'serve', '--port', String(port), '--store', server.store]
  const child = spawn(process.execPath, options, { cwd: server.folder, stdio: ['ignore', 'ignore', 'pipe'] })
  onTestFinished(() => void child.kill('SIGKILL'))
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text
  })
  await expect.poll(() => said, { timeout: 180_000 }).toMatch(/Listening on \S+:\d+/)
  return {
    port: Number(/Listening on \S+:(\d+)/.exec(said)![1]),
    async kill() {
      child.kill('SIGKILL')
      await once(child, 'exit')
    },
  }
}

it('killed and started again with 200 readers of a run that goes on: no event is lost and none doubled, for any of them', { timeout: 900_000 }, async () => {
  await server.start()
  await server.ask('/v1/runs', { json: { name: 'live', config: longConfig() } })
  await server.until('live', 'running')
  let process = await serve(0)
  const { port } = process
  const readers = Array.from({ length: 200 }, (_, i) => followEvents(() => `http://127.0.0.1:${port}`, '/v1/runs/live/events', i % 50))
  const slowest = (): number => Math.min(...readers.map(({ last }) => last()))
  for (let kills = 0; kills < 3; kills++) {
    const before = Math.max(...readers.map(({ last }) => last()))
    await expect.poll(slowest, { timeout: 180_000 }).toBeGreaterThan(before)
    await process.kill()
    process = await serve(port)
  }
  expect((await server.ask('/v1/runs/live/cancel', { json: { waitSeconds: 60 } })).json().state).toBe('cancelled')
  const end = (await server.ask('/v1/runs/live/facts?kind=run-state&limit=1000')).json().items.at(-1).seq
  await expect.poll(slowest, { timeout: 180_000 }).toBe(end)
  for (const [i, { seqs, stop }] of readers.entries()) {
    await stop()
    expect(seqs).toEqual(seqsUpTo(end).slice(i % 50))
  }
  await process.kill()
})

it('a reader that takes nothing is let go', async () => {
  await server.stop()
  await server.start({ limits: { slowReaderMs: 300 } })
  // More than what the system keeps for a connection.
  const texts = Array.from(
    { length: 40 },
    (_, i) => ({ kind: 'held-out', itemId: `${i}`, instruction: 'x'.repeat(1_000_000), input: '', reference: '', group: '' }) as const,
  )
  const big = await openStore({ store: server.store }).create(
    { kind: 'run', runId: 'big', config: { recipe: 'sedi' }, fingerprint: '', softwareVersion: '', createdAt: 0 },
    texts,
  )
  await big.close()
  const ended = new Promise<string>((resolve) => {
    const outgoing = request(`${server.url()}/v1/runs/big/events`, (response) => {
      response.pause()
      response.on('error', ({ message }) => resolve(message))
      setTimeout(() => response.resume(), 3000)
      response.on('end', () => resolve('the end'))
    })
    outgoing.end()
  })
  expect(await ended).toBe('aborted')
})
