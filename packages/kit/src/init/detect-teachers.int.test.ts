import { mkdtempSync, rmSync } from 'node:fs'
import { createServer, type RequestListener, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { startFakeProvider } from '@sedi/testing'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { keyVariables } from '../credentials.ts'
import { detectTeachers } from './detect-teachers.ts'

const key = 'correct.horse.battery.staple'
// Nobody listens on port 1: other servers of the machine that runs the tests are not found.
const nowhere = Object.fromEntries(['ollama', 'vllm', 'llama-cpp', 'lm-studio', 'sglang'].map((id) => [id, 'http://127.0.0.1:1/v1']))

const closing: (() => unknown)[] = []
beforeEach(() => {
  for (const name of keyVariables()) vi.stubEnv(name, undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  for (const close of closing.splice(0)) await close()
})

async function start(imitation: 'ollama' | 'groq'): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-detect-'))
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), imitation, ...(imitation === 'groq' ? { apiKey: key } : {}) })
  closing.push(async () => {
    await provider.close()
    rmSync(folder, { recursive: true })
  })
  return provider.url
}

async function serve(answer: RequestListener): Promise<string> {
  const server: Server = createServer(answer)
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve)
  })
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
}

it('without keys and servers there is the simulated teacher', async () => {
  expect((await detectTeachers({ addresses: nowhere })).map(({ id }) => id)).toEqual(['simulated'])
})

it('a server of this machine is found with its models; a key by its name, with those of its server; no value anywhere', async () => {
  vi.stubEnv('GROQ_API_KEY', key)
  vi.stubEnv('DEEPSEEK_API_KEY', ' ')
  const found = await detectTeachers({
    localTimeoutMs: 20_000,
    timeoutMs: 20_000,
    addresses: { ...nowhere, ollama: await start('ollama'), groq: await start('groq') },
  })
  expect(found.map(({ id, kind, models }) => [id, kind, models?.includes('simulated-teacher')])).toEqual([
    ['groq', 'key', true],
    ['ollama', 'local', true],
    ['simulated', 'simulated', undefined],
  ])
  expect(JSON.stringify(found)).not.toContain(key)
})

it('who refuses the key is a teacher still, without a list; known prices come first; nobody is asked without leave', async () => {
  vi.stubEnv('GROQ_API_KEY', 'wrong.key')
  vi.stubEnv('OPENAI_API_KEY', key)
  const addresses = { ...nowhere, groq: await start('groq'), openai: 'http://127.0.0.1:1/v1' }
  const found = await detectTeachers({ addresses })
  expect(found.map(({ id, models }) => [id, models])).toEqual([
    ['openai', undefined],
    ['groq', undefined],
    ['simulated', undefined],
  ])
  let asked = 0
  const counting = await serve((_, response) => {
    asked++
    response.end()
  })
  await detectTeachers({ ask: false, addresses: { ...nowhere, ollama: counting, openai: counting } })
  expect(asked).toBe(0)
})

it('what answers on such a port and is no server of models is not found, and who never answers is not waited for', async () => {
  const page = await serve((_, response) => response.end('<html>hello</html>'))
  const missing = await serve((_, response) => response.writeHead(404).end('{}'))
  const empty = await serve((_, response) => response.end('{"data":[]}'))
  const silent = await serve(() => {})
  const found = await detectTeachers({ localTimeoutMs: 300, addresses: { ...nowhere, ollama: page, vllm: missing, sglang: empty, 'llama-cpp': silent } })
  expect(found.map(({ id }) => id)).toEqual(['simulated'])
})
