import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { spawnSedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

it('asked to stop by SIGTERM, a run waits for its calls as long as it may, then records them as uncertain and leaves', async () => {
  const cwd = testFolder()
  const provider = await startFakeProvider({ bookFile: join(cwd, 'book.jsonl'), latencyMs: [120_000, 120_000] })
  writeConfig(cwd, { generator: teacherAt(provider.url) })
  const run = spawnSedi(['run', '--json', '--log-format', 'json'], { cwd, env: { OPENAI_API_KEY: 'test', SEDI_GRACE_SECONDS: '1' } })
  const sent = (): number => run.stderr().split('"call.sent"').length - 1
  while (sent() < 4) await wait(50)
  run.process.kill('SIGTERM')
  const { code, stdout, stderr } = await run.finished
  await provider.close()
  expect([code, stderr]).toEqual([130, expect.stringContaining('Calls in flight are recorded as uncertain.')])
  expect(JSON.parse(stdout)).toMatchObject({ state: 'paused', calls: 0, uncertainAttempts: 4 })
})
