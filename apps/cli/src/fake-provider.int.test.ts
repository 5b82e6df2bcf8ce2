import { join } from 'node:path'
import { readBook } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { testFolder } from './fixtures/test-folder.ts'

it('lists what there is to choose', async () => {
  const { code, stdout } = await sedi(['fake-provider', '--list'], { cwd: testFolder() })
  expect(code).toBe(0)
  for (const name of ['Imitations', 'openrouter', 'simulated-reasoner', 'Faults: streaming', '429-retry-after', 'json-fenced']) expect(stdout).toContain(name)
})

it('refuses what there is not, and says what there is', async () => {
  for (const [args, words] of [
    [['--imitation', 'acme'], /unknown imitation acme; there are azure/],
    [['--faults', 'limits,explode', '--fault-rate', '1'], /unknown fault explode; there are/],
  ] as const) {
    const { code, stderr } = await sedi(['fake-provider', '--port', '0', ...args], { cwd: testFolder() })
    expect([code, stderr]).toEqual([2, expect.stringMatching(words)])
  }
})

it('is another server when told to, goes wrong on demand, and ends with its book complete', async () => {
  const folder = testFolder()
  const args = ['--port', '0', '--imitation', 'openrouter', '--latency', '1-5', '--faults', 'refusals', '--fault-rate', '0', '--book', 'book.jsonl']
  const running = spawnSedi(['fake-provider', ...args], { cwd: folder })
  const url = await expect
    .poll(() => /http:\S+\/api\/v1/.exec(running.stderr())?.[0], { timeout: 120_000 })
    .toBeDefined()
    .then(() => /http:\S+\/api\/v1/.exec(running.stderr())![0])
  const ask = () => {
    const body = { model: 'simulated-teacher', messages: [{ role: 'user', content: 'One task, please.' }], max_tokens: 50 }
    return fetch(`${url}/chat/completions`, { method: 'POST', body: JSON.stringify(body) })
  }
  expect(await (await ask()).json()).toMatchObject({ provider: 'Simulated', usage: { cost: expect.any(Number) } })
  await fetch(new URL('/__scenario', url), { method: 'PUT', body: '["402-credits"]' })
  expect((await ask()).status).toBe(402)
  running.process.kill('SIGINT')
  expect((await running.finished).code).toBe(0)
  expect(readBook(join(folder, 'book.jsonl')).entries.map(({ outcome }) => outcome)).toEqual(['answered', '402-credits'])
})
