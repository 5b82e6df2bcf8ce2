import { join } from 'node:path'
import { readBook, startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const key = 'a-key-that-nobody-may-read'

it('a configuration is looked at before anything is bought: key, model, the day it is retired, price, budget', async () => {
  const folder = testFolder()
  const bookFile = join(folder, 'book.jsonl')
  const provider = await startFakeProvider({ bookFile, apiKey: key })
  const doctor = (generator: object, parameters: string[] = [], apiKey = key) => {
    writeConfig(folder, { generator: { ...teacherAt(provider.url), ...generator }, budget: { maxCostUsd: 1 } })
    return sedi(['doctor', ...parameters], { cwd: folder, env: { OPENAI_API_KEY: apiKey } })
  }

  const good = await doctor({})
  expect([good.code, good.stdout]).toEqual([
    0,
    expect.stringMatching(/ok +key[\s\S]*ok +model +simulated-teacher is listed[\s\S]*not tried: nothing is bought/),
  ])
  const bad = await doctor({}, [], 'another-key-entirely')
  expect([bad.code, bad.stdout]).toEqual([2, expect.stringMatching(/FAILED +key .*401/)])
  expect(bad.stdout + bad.stderr).not.toContain('another-key-entirely')
  const retired = await doctor({ model: 'simulated-retired' })
  expect([retired.code, retired.stdout]).toEqual([2, expect.stringMatching(/FAILED +retirement +simulated-retired was retired on \d{4}-\d\d-\d\d/)])
  const misspelt = await doctor({ model: 'simulated-teachr' })
  expect([misspelt.code, misspelt.stdout]).toEqual([2, expect.stringMatching(/FAILED +model .*Did you mean simulated-teacher\?/)])
  const poor = await doctor({}, ['--max-cost', '0.000001'])
  expect([poor.code, poor.stdout]).toEqual([2, expect.stringMatching(/FAILED +budget .*does not cover one call/)])
  expect(readBook(bookFile).totals.requests).toBe(0) // completions; lists of models are free

  const probed = await doctor({}, ['--probe', '--json'])
  const { sound, findings } = JSON.parse(probed.stdout)
  expect([probed.code, sound]).toEqual([0, true])
  expect(findings.map(({ subject, status }: { subject: string; status: string }) => `${subject} ${status}`)).toEqual(
    expect.arrayContaining(['answers ok', 'tokens ok', 'schemas ok']),
  )
  expect(readBook(bookFile).totals.charged).toBe(1)
  await provider.close()
})

it('a server of one’s own without figures: said, and not a failure; no server at all: exit code 1', async () => {
  const folder = testFolder()
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), imitation: 'lm-studio', scenario: ['usage-missing'] })
  writeConfig(folder, { generator: { ...teacherAt(provider.url), preset: 'lm-studio', price: undefined } })
  const local = await sedi(['doctor', '--probe'], { cwd: folder })
  expect([local.code, local.stdout]).toEqual([0, expect.stringMatching(/look +price +unknown[\s\S]*look +tokens +the server does not count them/)])
  await provider.close()
  const gone = await sedi(['doctor'], { cwd: folder })
  expect([gone.code, gone.stdout]).toEqual([1, expect.stringMatching(/FAILED +server/)])
})

it('looks at what else is bought: with --probe an embedder that does not answer fails before the teacher is paid', async () => {
  const folder = testFolder()
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  const embedder = { id: 'openai', model: 'no-such-model', baseUrl: provider.url }
  const good = { ...embedder, model: 'simulated-embedder' }
  writeConfig(folder, {
    generator: { ...teacherAt(provider.url), price: undefined },
    budget: { maxTokens: 50_000 },
    embedder,
    filter: { semantic: { threshold: 0.9, embedder: good } },
  })
  const untried = await sedi(['doctor'], { cwd: folder })
  expect([untried.code, untried.stdout]).toEqual([
    0,
    expect.stringMatching(/ok +budget +pauses before 50000 tokens[\s\S]*– +embedder +openai no-such-model is not tried/),
  ])
  const probed = await sedi(['doctor', '--probe'], { cwd: folder })
  expect([probed.code, probed.stdout]).toEqual([
    2,
    expect.stringMatching(/FAILED +embedder .*404[\s\S]*ok +semantic +openai simulated-embedder: a vector of 64 numbers/),
  ])
  await provider.close()
  const nowhere = await sedi(['doctor', 'nowhere.yaml'], { cwd: folder })
  expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringMatching(/There is no configuration file .*nowhere\.yaml/)])
})

it('a configuration that is none: every problem, exit code 2', async () => {
  const folder = testFolder()
  writeConfig(folder, { filter: { treshold: 0.7 }, seeds: 'nowhere.jsonl' })
  const wrong = await sedi(['doctor'], { cwd: folder })
  expect([wrong.code, wrong.stdout]).toEqual([2, expect.stringMatching(/FAILED +config .*[\s\S]*treshold/)])
})
