import { setTimeout as wait } from 'node:timers/promises'
import { expect, it } from 'vitest'
import { answerOf, useBatchRuns } from './fixtures/batch-run.ts'

const batches = useBatchRuns()

it('a run over the Batch API: Ctrl-C ends the waiting, not the batch (exit 3); resumed, it ends as one asked call by call', async () => {
  const provider = await batches.start({ lineMs: 1200 })
  const running = batches.begin()
  while (provider.batches.requests('retrieve-batch') < 2) await wait(10)
  running.process.kill('SIGINT')
  const stopped = await running.finished
  expect(stopped.code).toBe(3)
  expect(stopped.stderr).toMatch(/Note: Calls go in batches of up to 1000/)
  expect(stopped.stderr).toMatch(/6 requests go on at the provider\. “sedi resume .*” fetches their answers/)
  expect(stopped.stderr).toMatch(/Paused \(aborted\): .*The batch goes on at the provider/)
  expect(provider.batches.batches()).toHaveLength(2)

  const resumed = await batches.resume()
  batches.expectWhole(resumed)
  expect(provider.batches.batches().map(({ counts }) => counts.total)).toEqual([3, 3, 3, 3])
  expect(resumed.stderr).toMatch(/Batch batch_\d+ \(3 requests\): completed, 3 of 3 answered\./)
})

it('killed with a batch made and not noted: nothing is bought twice', async () => {
  await batches.killAt('create-batch', 'done', 2)
  batches.expectWhole(await batches.resume())
})

it('sedi cancel ends the batches and records what was paid', async () => {
  const provider = await batches.start({ scenario: ['stuck-half-way', 'stuck-half-way'] })
  const running = batches.begin()
  while (batches.book().charged < 2) await wait(10)
  expect(await batches.run('cancel', batches.runName())).toMatchObject({ code: 0, stdout: expect.stringContaining('"cancelled"') })
  const ended = await running.finished
  expect([ended.code, answerOf(ended)]).toMatchObject([1, { state: 'cancelled', calls: 2, uncertainAttempts: 0 }])
  expect(provider.batches.batches().map(({ status }) => status)).toEqual(['cancelled', 'cancelled'])
})
