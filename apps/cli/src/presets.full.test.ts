import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FakeProvider, readBook, startFakeProvider } from '@sedi/testing'
import { afterEach, describe, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { inTerminal, terminalProblem } from './fixtures/terminal.ts'
import { testFolder, writeConfig } from './fixtures/test-folder.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const problem = terminalProblem()

/** Presets with the variable their key comes from; each is like the imitation of its name. */
const keyVariables = {
  openai: 'OPENAI_API_KEY',
  azure: 'AZURE_OPENAI_API_KEY',
  vllm: 'VLLM_API_KEY',
  sglang: 'SGLANG_API_KEY',
  ollama: 'OLLAMA_API_KEY',
  'llama-cpp': 'LLAMA_API_KEY',
  'lm-studio': 'LM_API_TOKEN',
  openrouter: 'OPENROUTER_API_KEY',
  together: 'TOGETHER_API_KEY',
  groq: 'GROQ_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  mistral: 'MISTRAL_API_KEY',
  'huggingface-router': 'HF_TOKEN',
} as const

let provider: FakeProvider | undefined
afterEach(async () => {
  await provider?.close()
  provider = undefined
})

describe.skipIf(problem !== undefined)(`every preset in a terminal${problem === undefined ? '' : ` (${problem})`}`, () => {
  it.each(Object.entries(keyVariables) as [keyof typeof keyVariables, string][])('%s', async (preset, variable) => {
    const folder = testFolder()
    const apiKey = `key.of.${preset}`
    provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), imitation: preset, apiKey, latencyMs: 150 })
    const generator = { id: 'openai', preset, baseUrl: provider.url, model: 'simulated-teacher', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } }
    const config = writeConfig(folder, { generator, target: { calls: 3 }, rounds: 1, limits: { concurrency: 1 } })
    const env = { ...process.env, OPENAI_API_KEY: 'not.for.others', [variable]: apiKey }

    const terminal = inTerminal(`${process.execPath} --conditions=@sedi/source --disable-warning=ExperimentalWarning ${main} run ${config}`, {
      cwd: folder,
      env,
    })
    expect([await terminal.finished, terminal.screen()]).toEqual([0, expect.stringMatching(/round 1\/1 · generate[\s\S]*calls +3\b/)])
    expect(terminal.screen()).not.toContain(apiKey)

    const run = readdirSync(join(folder, 'runs')).find((name) => !name.startsWith('shared'))!
    const status = JSON.parse((await sedi(['status', run, '--json'], { cwd: folder })).stdout) as Record<string, unknown>
    const { totals } = readBook(join(folder, 'book.jsonl'))
    expect(totals).toMatchObject({ requests: 3, charged: 3 })
    expect(status).toMatchObject({
      state: 'done',
      calls: 3,
      uncertainAttempts: 0,
      inputTokens: totals.inputTokens,
      outputTokens: totals.outputTokens,
    })
  })
})
