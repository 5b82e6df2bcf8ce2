import { EventEmitter, once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { createRng } from '@sedi/core'
import { openEvaluations } from '@sedi/kit'
import { readBook, startFakeProvider } from '@sedi/testing'
import { describe, expect, it } from 'vitest'
import { sediInside as sedi } from './fixtures/sedi-inside.ts'
import { sedi as spawned, spawnSedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeConfig, writeJsonLines } from './fixtures/test-folder.ts'

type Json = Record<string, unknown> & {
  readonly evaluation: string
  readonly state: string
  readonly cost: Record<string, number>
  readonly measured: readonly Record<string, unknown>[]
}
const parse = (stdout: string): Json => JSON.parse(stdout) as Json

const rows = Array.from({ length: 24 }, (_, i) => ({
  id: `q${i}`,
  instruction: `Question ${i}?`,
  prediction: 'x'.repeat(1 + ((7 * i) % 11)),
  reference: 'y'.repeat(1 + ((5 * i) % 11)),
}))

function judgeFile(folder: string, url: string): void {
  const generator = { id: 'openai', model: 'simulated-judge', baseUrl: url, price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } }
  writeFileSync(join(folder, 'judge.json'), JSON.stringify({ generator, limits: { concurrency: 4 } }))
}

it('a judged evaluation that is killed again and again ends as an undisturbed one; no verdict that was recorded is bought again', {
  timeout: 600_000,
}, async () => {
  const folder = testFolder()
  writeJsonLines(join(folder, 'items.jsonl'), rows)
  const requests = new EventEmitter()
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), latencyMs: [300, 900], onRequest: () => requests.emit('request') })
  judgeFile(folder, provider.url)
  const command = ['evaluate', 'items.jsonl', '--evaluator', 'pairwise-judge', '--judge', 'judge.json', '--max-cost', '1', '--json']
  const rng = createRng(1, 'kills')
  let kills = 0
  for (; kills < 3; kills++) {
    const running = spawnSedi(command, { cwd: folder })
    await Promise.race([once(requests, 'request'), running.finished])
    await Promise.race([wait(rng.int(400)), running.finished])
    expect(running.process.kill('SIGKILL')).toBe(true) // else it was over before the storm
    await running.finished
  }
  const survived = parse((await spawned(command, { cwd: folder })).stdout)
  await provider.close()

  const calm = await startFakeProvider({ bookFile: join(folder, 'calm.jsonl') })
  judgeFile(folder, calm.url)
  const undisturbed = parse((await sedi([...command, '--out', 'calm'], { cwd: folder })).stdout)
  await calm.close()
  expect(survived).toMatchObject({ state: 'done', evaluation: undisturbed.evaluation, measured: undisturbed.measured })
  expect([survived.cost.calls, survived.cost.costUsd]).toEqual([undisturbed.cost.calls, undisturbed.cost.costUsd])

  const ledger = await openEvaluations(join(folder, 'evaluations')).read(survived.evaluation)
  const outcomes = Map.groupBy(await ledger.find('outcome'), ({ callId }) => callId)
  const attempts = await ledger.find('attempt')
  await ledger.close()
  // The answer is the last thing that happened to each call; every send that the provider saw has its attempt.
  for (const own of outcomes.values()) expect(own.map(({ result }) => result)).toEqual([...Array(own.length - 1).fill('unknown'), 'answered'])
  const { totals } = readBook(join(folder, 'book.jsonl'))
  expect(totals.requests).toBeLessThanOrEqual(attempts.length)
  expect(totals.requests).toBeGreaterThanOrEqual(survived.cost.calls!)
  const billed = (totals.inputTokens * 0.25 + totals.outputTokens * 2) / 1e6
  expect(billed).toBeGreaterThanOrEqual(survived.cost.costUsd! - 1e-9)
  expect(billed).toBeLessThanOrEqual(survived.cost.costUsd! + survived.cost.uncertainUsd! + 1e-9)
  expect((await openEvaluations(join(folder, 'evaluations')).check(survived.evaluation)).damage).toEqual([])
})

describe('sedi evaluate', () => {
  it('scores the model of a run: its test set by default, options of a question by likelihood, the base model beside it', { timeout: 600_000 }, async () => {
    const folder = testFolder()
    writeConfig(folder, {
      generator: { id: 'simulated' },
      target: { calls: 4 },
      rounds: 1,
      batches: { size: 8 },
      trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 },
      training: { stepsPerRound: 2, learningRate: 0.003, maxLength: 64 },
      seedPolicy: { rule: 'fixed' },
      evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
    })
    const run = JSON.parse((await sedi(['run', '--json'], { cwd: folder })).stdout) as { run: string; evaluations: readonly { round: number; mean: number }[] }
    const evaluated = await sedi(['evaluate', run.run, '--evaluator', 'exact-match', '--json'], { cwd: folder })
    expect(evaluated.stderr).not.toContain('defect')
    expect(parse(evaluated.stdout)).toMatchObject({
      state: 'done',
      measured: [{ evaluator: 'exact-match', mean: run.evaluations.find(({ round }) => round === 1)!.mean }],
      cost: { calls: 0 },
    })

    const choices = [0, 1, 2, 3].map((i) => ({
      id: `m${i}`,
      instruction: `Which is number ${i}?`,
      choices: ['one', 'two two'],
      reference: i % 2 === 0 ? 'one' : 'B',
    }))
    writeJsonLines(join(folder, 'choices.jsonl'), choices)
    const command = [
      'evaluate',
      run.run,
      '--held-out',
      'choices.jsonl',
      '--evaluator',
      'multiple-choice',
      '--evaluator',
      'multiple-choice-norm',
      '--evaluator',
      'rouge-l',
      '--max-answer-tokens',
      '8',
      '--json',
    ]
    const trained = parse((await sedi(command, { cwd: folder })).stdout)
    // The two references differ, the choice by likelihood of so small a model hardly does; what it says is asked for once.
    expect(trained).toMatchObject({ state: 'done', measured: [{ scored: 4 }, { scored: 4 }, { scored: 4 }], cost: { calls: 4, costUsd: 0 } })
    const base = parse((await sedi([...command, '--round', '0', '--compare-with', trained.evaluation], { cwd: folder })).stdout)
    expect(base.evaluation).not.toBe(trained.evaluation)
    expect(base.compared).toHaveLength(3)
    const other = await sedi(['status', `evaluations/${base.evaluation}`], { cwd: folder })
    expect([other.code, other.stderr]).toEqual([2, expect.stringContaining('is an evaluation and no run')])
  })

  it('says what it would do, and refuses what would have no effect', async () => {
    const folder = testFolder()
    writeJsonLines(join(folder, 'items.jsonl'), rows)
    judgeFile(folder, 'http://127.0.0.1:1/v1')
    const dry = await sedi(['evaluate', 'items.jsonl', '--evaluator', 'pairwise-judge', '--judge', 'judge.json', '--dry-run', '--json'], { cwd: folder })
    expect(JSON.parse(dry.stdout)).toMatchObject({ dryRun: true, items: 24, answers: 0, judgements: 48 })
    for (const [args, message] of [
      [['--held-out', 'test.jsonl'], '--held-out is for runs'],
      [['--judge', 'judge.json'], '--judge is for --evaluator pairwise-judge'],
      [['--evaluator', 'pairwise-judge'], 'needs a judge'],
      [['--generator', 'judge.json'], 'has predictions already'],
      [['--evaluator', 'rouge'], 'expected one of'],
    ] as const) {
      const refused = await sedi(['evaluate', 'items.jsonl', ...args], { cwd: folder })
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(message)])
    }
    const text = await sedi(['evaluate', 'items.jsonl', '--evaluator', 'rouge-l', '--metrics'], { cwd: folder })
    expect(text.stdout).toMatch(/rouge-l +0\.0000[\s\S]*24 of 24[\s\S]*vendi/)
    expect(readFileSync(join(folder, 'items.jsonl'), 'utf8').split('\n')).toHaveLength(25)
  })

  it('with --harness: a dry run starts no lm_eval, and options that lm_eval would not heed are refused', { timeout: 120_000 }, async () => {
    const folder = testFolder()
    writeConfig(folder, {
      generator: { id: 'simulated' },
      target: { calls: 2 },
      rounds: 1,
      batches: { size: 8 },
      trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 },
      training: { stepsPerRound: 1, maxLength: 64 },
      seedPolicy: { rule: 'fixed' },
    })
    const { run } = JSON.parse((await sedi(['run', '--json'], { cwd: folder })).stdout) as { run: string }
    // Stands where an interpreter with lm_eval would, and leaves a file when it is started.
    const python = join(folder, 'python')
    writeFileSync(python, `#!/bin/sh\necho "$@" > ${join(folder, 'started')}\nexit 1\n`, { mode: 0o755 })
    const harness = ['evaluate', run, '--harness', 'gsm8k', '--harness-python', python]
    const dry = await sedi([...harness, '--dry-run', '--limit', '3'], { cwd: folder })
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(/lm_eval asks the model after round 1 of .*the first 3 .*gsm8k.*Nothing was started/)])
    const json = JSON.parse((await sedi([...harness, '--dry-run', '--json'], { cwd: folder })).stdout)
    expect(json).toMatchObject({ dryRun: true, benchmark: 'gsm8k', done: false, model: { run, round: 1, given: 'served' } })
    const likelihood = await sedi(['evaluate', run, '--harness', 'mmlu', '--dry-run'], { cwd: folder })
    expect([likelihood.code, likelihood.stderr]).toEqual([2, expect.stringContaining('does not tell')])
    writeJsonLines(join(folder, 'items.jsonl'), rows)
    judgeFile(folder, 'http://127.0.0.1:1/v1')
    for (const option of [
      ['--evaluator', 'exact-match'],
      ['--held-out', 'items.jsonl'],
      ['--generator', 'judge.json'],
      ['--judge', 'judge.json'],
      ['--against', 'items.jsonl'],
      ['--max-answer-tokens', '8'],
      ['--max-cost', '1'],
      ['--max-tokens', '100'],
    ]) {
      const refused = await sedi([...harness, ...option], { cwd: folder })
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining(`${option[0]} has no effect with --harness`)])
    }
    const idle = await sedi(['evaluate', run, '--harness-tasks', 'tasks'], { cwd: folder })
    expect([idle.code, idle.stderr]).toEqual([2, expect.stringContaining('--harness-tasks is for --harness')])
    expect(existsSync(join(folder, 'started'))).toBe(false)
    // The stand-in is what would have been started.
    const started = await sedi(harness, { cwd: folder })
    expect([started.code, readFileSync(join(folder, 'started'), 'utf8')]).toEqual([1, expect.stringContaining('-m lm_eval run --tasks gsm8k')])
  })
})
