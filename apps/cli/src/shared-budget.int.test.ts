import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { readBook, startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const key = 'a-key-that-nobody-may-read'

it('two runs at once, one key, one budget: together they stay below the cap, pause, and the key is written nowhere', async () => {
  const folder = testFolder()
  // So slow that the one which starts later finds something left.
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), latencyMs: [1000, 2000] })
  const maxCostUsd = 0.06
  writeConfig(folder, {
    generator: { ...teacherAt(provider.url), maxOutputTokens: 1500 },
    target: { calls: 60 },
    budget: { maxCostUsd, shared: 'team' },
    limits: { concurrency: 4, requestsPerMinute: 1000 },
  })
  const run = () => sedi(['run', '--json'], { cwd: folder, env: { OPENAI_API_KEY: key } })
  const both = await Promise.all([run(), run()])
  const reports = both.map(({ stdout }) => JSON.parse(stdout))

  expect(both.map(({ code }) => code)).toEqual([3, 3])
  for (const report of reports) {
    expect(report).toMatchObject({
      state: 'paused',
      error: { code: 'budget-exhausted', message: expect.stringMatching(/by other runs that share the budget/) },
    })
    expect(report.calls).toBeGreaterThan(0)
  }
  const spent = reports.reduce((sum, { costUsd, uncertainUsd }) => sum + costUsd + uncertainUsd, 0)
  expect(spent).toBeLessThanOrEqual(maxCostUsd)
  expect(spent).toBeGreaterThan(maxCostUsd * 0.8)
  expect(readBook(join(folder, 'book.jsonl')).totals.charged).toBe(reports.reduce((sum, { calls }) => sum + calls, 0))

  const more = await sedi(['resume', reports[0].run, '--json', '--max-cost', '0.07'], { cwd: folder, env: { OPENAI_API_KEY: key } })
  expect(JSON.parse(more.stdout).calls).toBeGreaterThan(reports[0].calls)
  for (const file of ['shared.db', 'shared.db-wal'].map((name) => join(folder, 'runs', name)).filter(existsSync)) {
    expect(readFileSync(file, 'latin1')).not.toContain(key)
  }
  await provider.close()
})
