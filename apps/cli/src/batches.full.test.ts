import { readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { answerOf, useBatchRuns } from './fixtures/batch-run.ts'

const batches = useBatchRuns()

describe('a run over the Batch API, killed and resumed, buys everything once', () => {
  it.each([
    ['before the file is there', 'upload-file', 'received', 1],
    ['with the file there and not noted', 'upload-file', 'done', 1],
    ['with the second file there and not noted', 'upload-file', 'done', 2],
    ['before the batch is made', 'create-batch', 'received', 1],
    ['with the batch made and not noted', 'create-batch', 'done', 1],
    ['with the second batch made and not noted', 'create-batch', 'done', 2],
    ['while waiting', 'retrieve-batch', 'received', 3],
    ['with the answers on their way', 'file-content', 'done', 1],
    ['with one batch recorded and another on its way', 'file-content', 'done', 2],
    ['in the second round', 'create-batch', 'done', 4],
  ] as const)('%s', async (_, endpoint, moment, nth) => {
    await batches.killAt(endpoint, moment, nth, { lineMs: 20 })
    batches.expectWhole(await batches.resume())
  })

  it('again and again', async () => {
    const provider = await batches.start({ lineMs: 150 })
    const first = batches.begin()
    while (provider.batches.batches().length < 2) await wait(10)
    first.process.kill('SIGKILL')
    await first.finished
    let finished = await first.finished
    for (let kills = 0; finished.code !== 0; kills++) {
      const resuming = batches.begin(['resume', batches.runName(), '--json'])
      if (kills < 4) setTimeout(() => resuming.process.kill('SIGKILL'), 900 + 400 * kills)
      finished = await resuming.finished
    }
    batches.expectWhole(finished)
  })

  it('with the folder of its notes lost on top', async () => {
    const provider = await batches.start({ lineMs: 20 })
    const running = batches.begin()
    while (provider.batches.requests('retrieve-batch') < 2) await wait(10)
    running.process.kill('SIGKILL')
    await running.finished
    rmSync(join(batches.folder(), 'runs', batches.runName(), 'provider'), { recursive: true })
    batches.expectWhole(await batches.resume())
  })
})

it('a batch that expires half-way: what was answered is paid once and kept, the rest goes into another batch', async () => {
  await batches.start({ scenario: ['expired', 'normal', 'expired'] })
  batches.expectWhole(await batches.run('run'))
})

it('sedi cancel of a paused run ends the batches and records what was paid', async () => {
  await batches.start({ scenario: ['stuck-half-way', 'stuck-half-way'] })
  const running = batches.begin()
  while (batches.book().charged < 2) await wait(10)
  running.process.kill('SIGINT')
  expect((await running.finished).code).toBe(3)
  expect(await batches.run('cancel', batches.runName())).toMatchObject({ code: 0, stdout: expect.stringContaining('"cancelled"') })
  expect(answerOf(await batches.run('status', batches.runName()))).toMatchObject({ calls: 2, uncertainAttempts: 0, state: 'cancelled' })
})

it('the notes of a run hold no key', async () => {
  await batches.start()
  await batches.run('run')
  const notes = readFileSync(join(batches.folder(), 'runs', batches.runName(), 'provider', 'openai-batch.jsonl'), 'utf8')
  expect(notes).toContain('"created"')
  expect(notes).not.toContain('no-key')
})
