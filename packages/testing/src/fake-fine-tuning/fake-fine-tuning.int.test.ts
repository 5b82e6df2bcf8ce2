import { expect, it } from 'vitest'
import { type FakeFineTuning, startFakeFineTuning } from './start-fake-fine-tuning.ts'

type Json = Record<string, unknown>

async function ask(service: FakeFineTuning, method: string, path: string, body?: object): Promise<{ status: number; body: Json }> {
  const content = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(`${service.url}${path}`, { method, headers: { authorization: 'Bearer k' }, ...content })
  return { status: response.status, body: (await response.json()) as Json }
}

async function upload(service: FakeFineTuning, lines: readonly object[]): Promise<string> {
  const form = new FormData()
  form.set('purpose', 'fine-tune')
  form.set('file', new File([lines.map((line) => JSON.stringify(line)).join('\n')], 'train.jsonl'))
  const response = await fetch(`${service.url}/files`, { method: 'POST', headers: { authorization: 'Bearer k' }, body: form })
  return ((await response.json()) as { id: string }).id
}

const line = (i: number): object => ({
  messages: [
    { role: 'user', content: `Say ${i}.` },
    { role: 'assistant', content: `${i}` },
  ],
})
const lines = Array.from({ length: 12 }, (_, i) => line(i))

async function status(service: FakeFineTuning, id: unknown, accept: (status: unknown) => boolean): Promise<Json> {
  for (;;) {
    const { body } = await ask(service, 'GET', `/fine_tuning/jobs/${String(id)}`)
    if (accept(body.status)) return body
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

it('refuses what the protocol does not have, and what it cannot do', async () => {
  const service = await startFakeFineTuning({ apiKey: 'k' })
  const file = await upload(service, lines)
  const create = async (more: object) => (await ask(service, 'POST', '/fine_tuning/jobs', { model: 'base-1', training_file: file, ...more })).body.error
  expect(await create({ epochs: 1 })).toMatchObject({ code: 'unknown_parameter', param: 'epochs' })
  expect(await create({ model: 'other' })).toMatchObject({ code: 'model_not_found' })
  expect(await create({ training_file: 'file-0' })).toMatchObject({ param: 'training_file' })
  expect(await create({ suffix: 'a b' })).toMatchObject({ param: 'suffix' })
  expect(await create({ seed: 2 ** 31 })).toMatchObject({ param: 'seed' })
  expect(await create({ method: { type: 'supervised', supervised: { hyperparameters: { batch_size: 257 } } } })).toMatchObject({ param: 'batch_size' })
  const stranger = await fetch(`${service.url}/fine_tuning/jobs`, { headers: { authorization: 'Bearer other' } })
  expect(stranger.status).toBe(401)
  expect(service.book()).toEqual({ jobs: 0, jobsTrained: 0, files: 1, chats: 0, trainedTokens: 0 })

  for (const bad of [lines.slice(0, 9), [...lines, { messages: [], weight: 1 }], [...lines, { messages: [{ role: 'user', content: 'x' }] }]]) {
    const { body } = await ask(service, 'POST', '/fine_tuning/jobs', { model: 'base-1', training_file: await upload(service, bad) })
    const ended = await status(service, body.id, (one) => one === 'failed' || one === 'succeeded')
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'invalid_training_file' } })
  }
  await service.close()
})

it('trains, pauses and resumes when asked, lists newest first, and keeps a checkpoint', async () => {
  const service = await startFakeFineTuning({ apiKey: 'k', msPerStep: 100 })
  const hyperparameters = { n_epochs: 1, batch_size: 2 }
  const first = await ask(service, 'POST', '/fine_tuning/jobs', { model: 'base-1', training_file: await upload(service, lines), hyperparameters })
  const path = `/fine_tuning/jobs/${String(first.body.id)}`
  await ask(service, 'POST', `${path}/pause`)
  await status(service, first.body.id, (one) => one === 'paused')
  expect((await ask(service, 'POST', `${path}/resume`)).status).toBe(200)
  const done = await status(service, first.body.id, (one) => one === 'succeeded')
  expect(done).toMatchObject({ fine_tuned_model: expect.stringMatching(/^ft:base-1:/), trained_tokens: 72, result_files: [expect.any(String)] })
  expect((await ask(service, 'POST', `${path}/cancel`)).body.error).toMatchObject({ code: 'invalid_fine_tune_state' })
  const { data, has_more: hasMore } = (await ask(service, 'GET', `${path}/events?limit=2`)).body as { data: Json[]; has_more: boolean }
  expect([data.map(({ message }) => message), hasMore]).toEqual([['The job has successfully completed', expect.stringMatching(/^Step 6\/6/)], true])
  const next = (await ask(service, 'GET', `${path}/events?limit=2&after=${String(data[1]!.id)}`)).body as { data: Json[] }
  expect(next.data.map(({ message }) => String(message).slice(0, 8))).toEqual(['Step 5/6', 'Step 4/6'])
  expect((await ask(service, 'GET', `${path}/checkpoints`)).body.data).toMatchObject([{ step_number: 6, fine_tuned_model_checkpoint: done.fine_tuned_model }])
  expect(service.book()).toMatchObject({ jobs: 1, jobsTrained: 1, trainedTokens: 72 })
  await service.close()
})
