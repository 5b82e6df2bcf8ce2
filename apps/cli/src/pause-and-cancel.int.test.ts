import { readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { type FakeProvider, readBook, startFakeProvider } from '@sedi/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type RunningSedi, sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

let folder: string
let provider: FakeProvider
beforeEach(async () => {
  folder = testFolder()
  provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), latencyMs: [200, 600] })
})
afterEach(() => provider.close())

/** Long enough for another command to start beside the run on a busy machine. */
const calls = 300

const runConfig = (baseUrl: string) => ({
  generator: teacherAt(baseUrl),
  prompt: { tasksPerCall: 3 },
  target: { calls },
  rounds: 2,
  limits: { concurrency: 4 },
})
const book = () => readBook(join(folder, 'book.jsonl'))
const json = async (args: readonly string[]): Promise<{ code: number | null; answer: Record<string, unknown> }> => {
  const { code, stdout } = await sedi([...args, '--json'], { cwd: folder })
  return { code, answer: JSON.parse(stdout) }
}

/** Starts a run and waits until some of its calls are answered and others in flight. A long one is not over while other commands start. */
async function runInFull(target = calls): Promise<{ readonly name: string; readonly running: RunningSedi }> {
  writeConfig(folder, { ...runConfig(provider.url), target: { calls: target } })
  const running = spawnSedi(['run', '--json'], { cwd: folder })
  while (book().entries.filter(({ charged }) => charged).length < 6) await wait(20)
  const [name] = readdirSync(join(folder, 'runs')).filter((entry) => !entry.includes('.'))
  return { name: name!, running }
}

describe('sedi pause', () => {
  it('finishes what is in flight and pauses; resumed, the run ends as an undisturbed one', async () => {
    const { name, running } = await runInFull()
    expect(await json(['pause', name])).toMatchObject({
      code: 0,
      answer: { requested: true, confirmed: true, state: 'paused', reason: 'paused by sedi pause' },
    })
    const paused = await running.finished
    expect([paused.code, JSON.parse(paused.stdout)]).toMatchObject([3, { state: 'paused', uncertainAttempts: 0, error: { code: 'aborted' } }])
    const charged = book().totals.charged
    expect(charged).toBeLessThan(calls)
    expect(JSON.parse(paused.stdout).calls).toBe(charged)

    // What was asked of a session that has ended must not stop the next one.
    writeFileSync(join(folder, 'runs', name, 'requests', 'pause.json'), JSON.stringify({ session: 0 }))
    writeFileSync(join(folder, 'runs', name, 'requests', 'cancel.json'), JSON.stringify({ session: 0 }))
    const resumed = await json(['resume', name, '--concurrency', '32'])
    expect(resumed).toMatchObject({ code: 0, answer: { state: 'done', calls, uncertainAttempts: 0 } })
    expect(book().totals).toMatchObject({ charged: calls, chargedAgain: 0 })
    expect(readdirSync(join(folder, 'runs', name, 'requests'))).toEqual([])

    const undisturbed = await json(['run', '--out', 'calm', '--set', 'limits.concurrency=32'])
    expect(resumed.answer.digest).toBe(undisturbed.answer.digest)
  })

  it('of a run nobody carries on: says so; names one that is not there', async () => {
    const { name, running } = await runInFull()
    running.process.kill('SIGKILL')
    await running.finished
    expect(await json(['pause', name])).toMatchObject({ code: 0, answer: { requested: false, state: 'interrupted' } })
    expect(await json(['resume', name, '--concurrency', '32'])).toMatchObject({ code: 0 })
    expect(await json(['pause', name])).toMatchObject({ code: 0, answer: { requested: false, state: 'done' } })
    expect(await sedi(['pause', 'nobody'], { cwd: folder })).toMatchObject({ code: 2, stderr: expect.stringMatching(/no run “nobody”/) })
  })

  it('waits no longer than told; the request stays and is followed', async () => {
    const { name, running } = await runInFull()
    expect(await json(['pause', name, '--wait', '0.001'])).toMatchObject({ code: 1, answer: { requested: true, confirmed: false, state: 'running' } })
    expect(await running.finished).toMatchObject({ code: 3 })
  })

  it('need not wait', async () => {
    const { name, running } = await runInFull()
    expect(await sedi(['pause', name, '--no-wait'], { cwd: folder })).toMatchObject({ code: 0, stdout: expect.stringMatching(/was asked to pause/) })
    expect(await running.finished).toMatchObject({ code: 3 })
  })
})

describe('sedi cancel', () => {
  it('ends a run for good: exit 1, everything recorded stays, resume refuses', async () => {
    const { name, running } = await runInFull()
    const cancelled = await sedi(['cancel', name], { cwd: folder })
    expect(cancelled).toMatchObject({ code: 0, stdout: expect.stringMatching(/is cancelled: cancelled by sedi cancel.*sedi export/) })
    const ended = await running.finished
    expect([ended.code, JSON.parse(ended.stdout)]).toMatchObject([1, { state: 'cancelled', reason: 'cancelled by sedi cancel', uncertainAttempts: 0 }])
    expect(ended.stderr).toMatch(/Cancelled \(aborted\).*\n.*is not continued/)

    expect(await sedi(['resume', name], { cwd: folder })).toMatchObject({
      code: 2,
      stderr: expect.stringMatching(/was cancelled .*Start a new one.*sedi export/),
    })
    expect(await json(['status', name])).toMatchObject({ code: 0, answer: { state: 'cancelled', calls: book().totals.charged } })
    expect((await sedi(['export', name, '--out', '-'], { cwd: folder })).stdout.split('\n').length).toBeGreaterThan(5)
    expect(await json(['cancel', name])).toMatchObject({ code: 0, answer: { requested: false, state: 'cancelled' } })
    expect(await json(['runs'])).toMatchObject({ answer: [{ runId: name, state: 'cancelled' }] })
  })

  it('of a run nobody carries on: records it; what was in flight when its process died is uncertain', async () => {
    const { name, running } = await runInFull()
    running.process.kill('SIGKILL')
    await running.finished
    expect(await json(['cancel', name])).toMatchObject({ code: 0, answer: { requested: false, confirmed: true, state: 'cancelled' } })
    const { answer } = await json(['status', name])
    expect(answer).toMatchObject({ state: 'cancelled' })
    expect(answer.uncertainAttempts).toBeGreaterThan(0)
  })

  it('leaves a run that is done as it is', async () => {
    writeConfig(folder, { ...runConfig(provider.url), target: { calls: 2 } })
    const { answer } = await json(['run'])
    expect(await json(['cancel', String(answer.run)])).toMatchObject({ code: 0, answer: { state: 'done', confirmed: true } })
    expect(await json(['status', String(answer.run)])).toMatchObject({ answer: { state: 'done', digest: answer.digest } })
  })

  it('during a pause that takes its time, wins', async () => {
    const { name, running } = await runInFull(1000)
    const [paused, cancelled] = await Promise.all([json(['pause', name]), json(['cancel', name])])
    expect([paused.code, cancelled]).toMatchObject([0, { code: 0, answer: { state: 'cancelled' } }])
    expect([1, 3]).toContain((await running.finished).code)
    expect(await json(['status', name])).toMatchObject({ answer: { state: 'cancelled' } })
  })

  it('stops training', async () => {
    writeConfig(folder, {
      ...runConfig(provider.url),
      target: { calls: 16 },
      batches: { size: 16 },
      trainer: { id: 'embedded', layers: 1, width: 16, heads: 2, checkpointEverySteps: 5 },
      training: { stepsPerRound: 4000, learningRate: 0.003, maxLength: 64 },
    })
    const running = spawnSedi(['run', '--json'], { cwd: folder })
    let name: string | undefined
    for (let steps = 0; steps === 0; await wait(200)) {
      name ??= readdirSync(folder).includes('runs') ? readdirSync(join(folder, 'runs')).find((entry) => !entry.includes('.')) : undefined
      if (name !== undefined && readdirSync(join(folder, 'runs', name)).includes('requests')) steps = Number((await json(['status', name])).answer.steps)
    }
    expect(await json(['cancel', name!])).toMatchObject({ code: 0, answer: { state: 'cancelled' } })
    const ended = await running.finished
    expect([ended.code, ended.stderr]).toEqual([1, expect.not.stringMatching(/could not be stopped/)])
  })
})
