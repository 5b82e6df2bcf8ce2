import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readBook, startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import openai from '../providers/openai.ts'

it('a call that failed is not sent again because another one has learned something meanwhile: it may have been paid for', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-learning-'))
  const bookFile = join(folder, 'book.jsonl')
  const provider = await startFakeProvider({ bookFile, scenario: ['unsupported-top-p', '504'] })
  const generator = await openai.createTextGenerator('simulated-teacher', openai.options.parse({ baseUrl: provider.url }), { credentials: {}, timeoutMs: 5000 })
  const question = { messages: [{ role: 'user' as const, content: 'Write one task about sorting words.' }], maxOutputTokens: 50, topP: 0.5 }
  const both = await Promise.allSettled([1, 2].map((seed) => generator.generate({ ...question, seed })))
  expect(both.map(({ status }) => status)).toEqual(['fulfilled', 'rejected'])
  expect(readBook(bookFile).entries.map(({ outcome }) => outcome)).toEqual(['unsupported-top-p', '504', 'answered'])
  await provider.close()
  rmSync(folder, { recursive: true })
})
