import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRng } from '@sedi/core'
import { openStore } from '@sedi/kit'
import { readBook, startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const kills = 20

const runConfig = (baseUrl: string): Readonly<Record<string, unknown>> => ({
  generator: teacherAt(baseUrl),
  target: { calls: 160 },
  rounds: 4,
  limits: { concurrency: 8 },
  batches: { size: 16 },
  trainer: { id: 'embedded', layers: 1, width: 16, heads: 2, checkpointEverySteps: 5 },
  training: { stepsPerRound: 12, learningRate: 0.003, maxLength: 64 },
  feedback: { everySteps: 6 },
  evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
})

it(`a run killed ${kills} times ends as the undisturbed one; nothing recorded is lost or asked for again, what was in flight is uncertain`, {
  timeout: 300_000,
}, async () => {
  const folder = testFolder()
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), latencyMs: [300, 900] })
  writeConfig(folder, runConfig(provider.url))
  const killed = await killAgainAndAgain(folder)
  await provider.close()

  const calm = await startFakeProvider({ bookFile: join(folder, 'calm-book.jsonl') })
  writeConfig(folder, { ...runConfig(calm.url), limits: { concurrency: 64 } }, 'calm.json')
  const undisturbed = JSON.parse((await sedi(['run', 'calm.json', '--json', '--out', 'calm'], { cwd: folder })).stdout)
  await calm.close()

  expect(undisturbed).toMatchObject({ state: 'done', calls: 160, uncertainAttempts: 0 })
  expect(killed.report).toMatchObject({ state: 'done', calls: 160 })
  expect(killed.report.digest).toBe(undisturbed.digest)
  expect(killed.report.costUsd).toBe(undisturbed.costUsd)

  const ledger = await openStore({ store: join(folder, 'runs') }).read(killed.report.run)
  const attempts = Map.groupBy(await ledger.find('attempt'), ({ callId }) => callId)
  const outcomes = await ledger.find('outcome')
  const book = Map.groupBy(readBook(join(folder, 'book.jsonl')).entries, ({ seed }) => seed)
  for (const call of await ledger.find('call')) {
    const own = outcomes.filter(({ callId }) => callId === call.callId).sort((a, b) => a.attempt - b.attempt)
    // The answer is the last thing that happened to the call, and every send the provider saw has its attempt.
    expect(own.map(({ result }) => result)).toEqual([...Array(own.length - 1).fill('unknown'), 'answered'])
    expect(attempts.get(call.callId)).toHaveLength(own.length)
    expect(book.get(call.request.seed!)!.length).toBeLessThanOrEqual(own.length)
  }
  const lost = outcomes.filter(({ result }) => result === 'unknown')
  expect(lost.length).toBeGreaterThan(0)
  for (const outcome of lost) {
    const attempt = attempts.get(outcome.callId)!.find(({ attempt: number }) => number === outcome.attempt)!
    expect(outcome).toMatchObject({ charged: 'uncertain', costNanoUsd: attempt.reservedNanoUsd })
  }
  expect(killed.report.uncertainAttempts).toBe(lost.length)
  expect(killed.report.uncertainUsd).toBeCloseTo(lost.reduce((sum, { costNanoUsd }) => sum + costNanoUsd!, 0) / 1e9, 9)
  await ledger.close()
})

/** Lets the run live for a random while, kills it with SIGKILL, resumes it, and lets the last life end by itself. */
async function killAgainAndAgain(folder: string): Promise<{ readonly report: Record<string, unknown> & { readonly run: string; readonly digest: string } }> {
  const rng = createRng(Number(process.env.SEDI_TEST_SEED ?? 1), 'kills')
  let done = 0
  for (;;) {
    const [run] = await openStore({ store: join(folder, 'runs') }).list()
    const running = spawnSedi(run === undefined ? ['run', '--json'] : ['resume', run.runId, '--json'], { cwd: folder })
    if (done < kills) {
      // From before the ledger is open to the middle of a round.
      await Promise.race([wait(300 + rng.int(1700)), running.finished])
      if (running.process.kill('SIGKILL')) done++
    }
    const finished = await running.finished
    if (finished.code === 0) {
      expect(done).toBe(kills)
      return { report: JSON.parse(finished.stdout) }
    }
    expect(finished.signal).toBe('SIGKILL')
  }
}
