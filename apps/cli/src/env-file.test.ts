import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { readEnvFile } from './env-file.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-env-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

it('takes keys that the environment does not have, and nothing that is no key', async () => {
  const lines = [
    'OPENAI_API_KEY="sk-file"  # mine',
    'export GROQ_API_KEY=gsk',
    'HF_TOKEN=file',
    'ANTHROPIC_API_KEY=own',
    'MISTRAL_API_KEY=',
    'DEEPSEEK_API_KEY=   # later',
  ]
  const others = [
    'NODE_OPTIONS=--require ./x.js',
    'HTTPS_PROXY=http://x',
    'OPENAI_BASE_URL=http://x',
    'HF_ENDPOINT=http://x',
    'PATH=/x',
    'SEDI_GRACE_SECONDS=1',
  ]
  writeFileSync(join(folder, '.env'), [...lines, ...others].join('\n'))
  const environment: NodeJS.ProcessEnv = { HF_TOKEN: 'shell', OPENAI_API_KEY: '' }
  expect((await readEnvFile(folder, environment)).toSorted()).toEqual(['ANTHROPIC_API_KEY', 'GROQ_API_KEY', 'OPENAI_API_KEY'])
  expect(environment).toEqual({ HF_TOKEN: 'shell', OPENAI_API_KEY: 'sk-file', GROQ_API_KEY: 'gsk', ANTHROPIC_API_KEY: 'own' })
})

it('a folder without one is no failure', async () => {
  expect(await readEnvFile(join(folder, 'nowhere'), {})).toEqual([])
})
