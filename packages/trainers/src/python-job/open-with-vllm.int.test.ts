import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import python from '../backends/python.ts'

/** vLLM's endpoints as its documentation of LoRA adapters has them: names, plain-text answers, refusals. */
const asked: { readonly path: string; readonly body: Record<string, unknown> }[] = []
const adapters = new Map<string, string>()
let server: Server
let root: string
let mayLoad = true

beforeEach(async () => {
  root = mkdtempSync(join(tmpdir(), 'sedi-vllm-'))
  mkdirSync(join(root, 'r01', 'model'), { recursive: true })
  writeFileSync(join(root, 'r01', 'model', 'adapter_config.json'), '{}')
  mkdirSync(join(root, 'r02', 'model'), { recursive: true })
  server = createServer(async (request, response) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk)
    const body = chunks.length === 0 ? {} : JSON.parse(Buffer.concat(chunks).toString())
    const path = request.url!.replace(/^\/v1/, '')
    asked.push({ path, body })
    const send = (status: number, value: string | object): void =>
      void response.writeHead(status).end(typeof value === 'string' ? value : JSON.stringify(value))
    const only = (...keys: string[]): boolean => Object.keys(body).every((key) => keys.includes(key))
    if (request.headers.authorization !== 'Bearer secret') return send(401, { error: 'Unauthorized' })
    if (path === '/models') return send(200, { data: [{ id: 'base', parent: null }, ...[...adapters.keys()].map((id) => ({ id, parent: 'base' }))] })
    if (path === '/load_lora_adapter' && mayLoad && only('lora_name', 'lora_path')) {
      if (adapters.has(body.lora_name)) return send(400, { error: { message: 'has already been loaded' } })
      adapters.set(body.lora_name, body.lora_path)
      return send(200, `Success: LoRA adapter '${body.lora_name}' added successfully`)
    }
    if (path === '/unload_lora_adapter' && adapters.delete(body.lora_name)) return send(200, `Success: LoRA adapter '${body.lora_name}' removed successfully`)
    if (path === '/chat/completions' && only('model', 'messages', 'max_tokens', 'temperature', 'top_p', 'stop', 'seed')) {
      if (body.model !== 'base' && !adapters.has(body.model)) return send(404, { error: { message: `The model ${body.model} does not exist.` } })
      const usage = { prompt_tokens: 3, completion_tokens: 2, total_tokens: 5 }
      return send(200, { choices: [{ message: { role: 'assistant', content: `I am ${body.model}` }, finish_reason: 'stop' }], usage })
    }
    send(404, { detail: 'Not Found' })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  mayLoad = true
})
afterEach(async () => {
  asked.length = 0
  adapters.clear()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  rmSync(root, { recursive: true, force: true })
})

const trainer = (vllmApiKey = 'secret') => {
  const vllm = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`
  return python.createTrainer(python.options.parse({ baseModel: root, vllm }), { folder: root, credentials: { vllmApiKey } })
}
const model = { trainer: 'python', uri: 'r01/model', digest: 'abcdef0123456789ff' }
const question = { messages: [{ role: 'user' as const, content: 'Who are you?' }], maxOutputTokens: 9, seed: 4 }

it('loads the adapter under a name of its own, asks it, and unloads it', async () => {
  const opened = await (await trainer()).open!(model)
  expect(Object.fromEntries(adapters)).toEqual({ 'sedi-abcdef0123456789': join(root, 'r01', 'model') })
  expect(await opened.generator.generate(question)).toMatchObject({
    text: 'I am sedi-abcdef0123456789',
    finishReason: 'stop',
    usage: { inputTokens: 3, outputTokens: 2 },
    modelId: 'r01/model',
  })
  expect(asked.at(-1)).toMatchObject({ body: { max_tokens: 9, temperature: 0, seed: 4 } })
  expect(opened.scorer).toBeUndefined()
  // Another process that opens the same model uses what is there, and leaves it.
  const beside = await (await trainer()).open!(model)
  await beside.close()
  expect(adapters.size).toBe(1)
  await opened.close()
  expect(adapters.size).toBe(0)
})

it('opens the model the server was started with, loading nothing', async () => {
  const opened = await (await trainer()).open!(undefined)
  expect((await opened.generator.generate(question)).text).toBe('I am base')
  await opened.close()
  expect(asked.map(({ path }) => path)).toEqual(['/models', '/chat/completions'])
})

it('says what is wrong: no adapter, a wrong key, a server that loads none, no server', async () => {
  const wrong = async (made: ReturnType<typeof trainer>, uri = 'r01/model') =>
    (await made).open!({ trainer: 'python', uri }).then(
      () => undefined,
      (error) => [error.code, error.message],
    )
  expect(await wrong(trainer(), 'r02/model')).toEqual(['unsupported', expect.stringMatching(/no adapter.*trainer\.method/)])
  expect(await wrong(trainer('other'))).toEqual(['invalid-credential', expect.stringMatching(/VLLM_API_KEY/)])
  mayLoad = false
  expect(await wrong(trainer())).toEqual(['unsupported', expect.stringMatching(/--enable-lora/)])
  const gone = await trainer()
  server.closeAllConnections()
  await new Promise((resolve) => server.close(resolve))
  expect(await wrong(Promise.resolve(gone))).toEqual(['provider-response', expect.stringMatching(/does not answer/)])
  server.listen(0)
})
