import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { providers } from '@sedi/generators'
import { readBook, startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { diagnoseConfig } from './diagnose-config.ts'

it('buys nothing of a provider that answers within a day', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-probe-'))
  const bookFile = join(folder, 'book.jsonl')
  const provider = await startFakeProvider({ bookFile, apiKey: 'sk-test-00000000' })
  const batch = providers['openai-batch']
  const options = batch.options.parse({ baseUrl: `${provider.url}/v1`, gatherMs: 20, pollMs: 5, maxPollMs: 20 })
  const generator = await batch.createTextGenerator('simulated-teacher', options, { credentials: { apiKey: 'sk-test-00000000' }, timeoutMs: 5000 })
  const findings = await diagnoseConfig(smallConfig(), { probe: true, generator })
  expect(findings.find(({ subject }) => subject === 'answers')).toEqual({
    subject: 'answers',
    status: 'unknown',
    detail: expect.stringMatching(/^not tried: openai-batch answers within a day/),
  })
  expect(readBook(bookFile).totals.requests).toBe(0)
  await provider.close()
  rmSync(folder, { recursive: true, force: true })
})
