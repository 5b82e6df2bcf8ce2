import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { keyVariables, loadConfig } from '@sedi/kit'
import { type FakeProvider, startFakeProvider } from '@sedi/testing'
import { afterAll, afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { emulatedTerminal } from './fixtures/emulated-terminal.ts'
import { sediInside } from './fixtures/sedi-inside.ts'
import { sedi } from './fixtures/spawn-sedi.ts'
import { terminalProblem } from './fixtures/terminal.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-init-'))
let folders = 0
let folder: string
let provider: FakeProvider | undefined

beforeEach(() => {
  folder = join(root, String(++folders))
  mkdirSync(folder)
  for (const name of keyVariables()) vi.stubEnv(name, undefined)
})
afterEach(async () => {
  vi.unstubAllEnvs()
  await provider?.close()
  provider = undefined
})
afterAll(() => rmSync(root, { recursive: true, force: true }))

/** In this process, in `folder`; nobody can be asked. */
async function say(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const { code, stdout: out, stderr: err } = await sediInside(argv, { cwd: folder })
  return { code, out, err }
}

const key = 'correct.horse.battery.staple'
const at = (name: string): string => join(folder, name)
const read = (name: string): string => readFileSync(at(name), 'utf8')

async function start(imitation: string): Promise<string> {
  provider = await startFakeProvider({ bookFile: join(root, `${folders}.jsonl`), imitation: imitation as never, apiKey: key })
  return provider.url
}

const teachers = {
  azure: 'AZURE_OPENAI_API_KEY',
  compatible: 'OPENAI_API_KEY',
  deepseek: 'DEEPSEEK_API_KEY',
  groq: 'GROQ_API_KEY',
  'huggingface-router': 'HF_TOKEN',
  'llama-cpp': 'LLAMA_API_KEY',
  'lm-studio': 'LM_API_TOKEN',
  mistral: 'MISTRAL_API_KEY',
  ollama: 'OLLAMA_API_KEY',
  openai: 'OPENAI_API_KEY',
  openrouter: 'OPENROUTER_API_KEY',
  sglang: 'SGLANG_API_KEY',
  together: 'TOGETHER_API_KEY',
  vllm: 'VLLM_API_KEY',
}

describe('what sedi init --yes writes passes doctor and a dry run', () => {
  it.each(Object.entries(teachers))('with %s, its model taken from what the server lists', async (teacher, variable) => {
    const url = await start(teacher === 'compatible' ? 'vllm' : teacher)
    vi.stubEnv(variable, key)
    // Azure lists base models, not what one has deployed.
    const model = teacher === 'azure' ? ['--model', 'simulated-teacher'] : []
    const { code, out, err } = await say('init', '--yes', '--provider', teacher, '--base-url', url, ...model, '--trainer', 'embedded')
    expect([code, err]).toEqual([0, ''])
    expect(out).toContain('simulated-teacher')
    const doctor = await say('doctor', '--json')
    expect(JSON.parse(doctor.out)).toMatchObject({ sound: true })
    expect(await say('run', '--dry-run')).toMatchObject({ code: 0, err: '' })
    for (const name of readdirSync(folder)) expect(read(name)).not.toContain(key)
    expect(out + doctor.out).not.toContain(key)
  })

  it.each(['none', 'embedded', 'python'])('with the simulated teacher and the trainer %s, where nothing is found', async (trainer) => {
    const { code, out } = await say('init', '--yes', '--no-ask', '--trainer', trainer, ...(trainer === 'python' ? ['--base-model', 'owner/model'] : []))
    expect([code, out]).toEqual([0, expect.stringMatching(/No key and no server was found[\s\S]*sedi run --dry-run/)])
    expect(await say('doctor')).toMatchObject({ code: 0 })
    expect(await say('run', '--dry-run')).toMatchObject({ code: 0, err: '' })
  })

  it('with a key that is found, its provider and a model of a known price; --json names both and no value', async () => {
    vi.stubEnv('GROQ_API_KEY', key)
    vi.stubEnv('OPENAI_API_KEY', key)
    const { code, out } = await say('init', 'new/place', '--yes', '--no-ask', '--for', 'code', '--json')
    expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ teacher: 'openai', model: 'gpt-5-mini', keyMissing: null })])
    expect(JSON.parse(out).found.map(({ id }: { id: string }) => id)).toEqual(['openai', 'groq', 'simulated'])
    expect(out).not.toContain(key)
    const { config } = loadConfig({ cwd: at('new/place') })
    expect([config.generator.model, config.budget.maxCostUsd]).toEqual(['gpt-5-mini', 2])
    expect(read('new/place/.env.example')).toMatch(/^OPENAI_API_KEY=$/m)
    expect(read('new/place/seeds.jsonl').trim().split('\n')).toHaveLength(12)
  })
})

describe('what is there already', () => {
  it('a configuration is never replaced without --force, and nothing is written', async () => {
    writeFileSync(at('sedi.config.yaml'), 'mine')
    const refused = await say('init', '--yes', '--no-ask')
    expect([refused.code, refused.err]).toEqual([2, expect.stringMatching(/sedi\.config\.yaml[\s\S]*--force/)])
    expect([readdirSync(folder), read('sedi.config.yaml')]).toEqual([['sedi.config.yaml'], 'mine'])
    expect(await say('init', '--yes', '--no-ask', '--force')).toMatchObject({ code: 0 })
    expect(read('sedi.config.yaml')).toContain('recipe: sedi')
  })

  it('seeds and .gitignore are used and kept; what must not be committed is added once', async () => {
    const seeds = [1, 2, 3].map((n) => JSON.stringify({ instruction: `Task ${n}`, output: 'x' })).join('\n')
    writeFileSync(at('seeds.jsonl'), seeds)
    writeFileSync(at('.gitignore'), 'node_modules\n/runs')
    const { out } = await say('init', '--yes', '--no-ask')
    expect(out).toMatch(/seeds\.jsonl +was there, and stays as it is/)
    expect([read('seeds.jsonl'), read('.gitignore')]).toEqual([seeds, 'node_modules\n/runs\n.env\nruns/\n'])
    await say('init', '--yes', '--no-ask', '--force')
    expect(read('.gitignore')).toBe('node_modules\n/runs\n.env\nruns/\n')
  })

  it('seeds of one’s own are named relative to the configuration, wherever it is', async () => {
    writeFileSync(at('own.jsonl'), [1, 2, 3].map((n) => JSON.stringify({ instruction: `Task ${n}`, output: 'x' })).join('\n'))
    expect(await say('init', 'sub', '--yes', '--no-ask', '--seeds', 'own.jsonl')).toMatchObject({ code: 0 })
    expect([loadConfig({ cwd: at('sub') }).config.seeds, existsSync(at('sub/seeds.jsonl'))]).toEqual([at('own.jsonl'), false])
  })
})

it.each([
  [['init'], /no terminal[\s\S]*--yes/],
  [['init', '--yes', '--no-ask', '--provider', 'groq'], /Which model of “groq”\?[\s\S]*--model/],
  [['init', '--yes', '--no-ask', '--provider', 'azure', '--model', 'x'], /no address of its own[\s\S]*--base-url/],
  [['init', '--yes', '--no-ask', '--provider', 'groq', '--model', 'x', '--max-cost', '1'], /price of x is not known[\s\S]*--max-tokens/],
  [['init', '--yes', '--no-ask', '--trainer', 'python'], /--base-model/],
  [['init', '--yes', '--no-ask', '--model', 'x'], /simulated teacher has no model/],
  [['init', '--yes', '--base-url', 'localhost:8000'], /http:\/\/127\.0\.0\.1:8000\/v1, got “localhost:8000”/],
  [['init', '--yes', '--provider', 'grok'], /Allowed choices are .*groq/],
  [['init', '--yes', '--no-ask', '--seeds', 'none.jsonl'], /There is no file .*none\.jsonl/],
])('%j is exit 2, says what is missing, and writes nothing', async (argv, message) => {
  const { code, err } = await say(...argv)
  expect([code, err, readdirSync(folder)]).toEqual([2, expect.stringMatching(message), []])
})

it('a key in .env beside the configuration pays for a run from another folder, and shows nowhere', async () => {
  const url = await start('groq')
  await say('init', 'project', '--yes', '--provider', 'groq', '--base-url', url, '--model', 'simulated-teacher', '--kept', '5')
  writeFileSync(at('project/.env'), `GROQ_API_KEY=${key}\nHTTPS_PROXY=http://127.0.0.1:1\n`)
  const { code, stdout, stderr } = await sedi(['run', 'project/sedi.config.yaml', '--json'], { cwd: folder, env: { GROQ_API_KEY: undefined } })
  expect([code, JSON.parse(stdout).state]).toEqual([0, 'done'])
  expect(stdout + stderr).not.toContain(key)
  expect(readFileSync(join(JSON.parse(stdout).folder, 'ledger.db')).includes(key)).toBe(false)
})

describe.skipIf(terminalProblem() !== undefined)('asked in a terminal', () => {
  const command = `${process.execPath} --conditions=@sedi/source --disable-warning=ExperimentalWarning ${join(import.meta.dirname, 'main.ts')} init --no-ask`
  const open = () => emulatedTerminal(command, { cwd: folder, env: { ...process.env, TERM: 'xterm-256color' }, columns: 110, rows: 40 })

  it('takes answers, refuses what cannot be, and proposes for what is only entered', async () => {
    const terminal = open()
    await terminal.shows('What is the data for?')
    terminal.type('cooking\r')
    await terminal.shows('Which model writes the data?')
    terminal.type('\r')
    await terminal.shows('How many instructions?')
    terminal.type('many\r')
    await terminal.shows('expected a whole number above 0')
    terminal.type(`${'\x7f'.repeat(4)}42\r`)
    await terminal.shows('How many dollars at most?')
    terminal.type('\r')
    await terminal.shows('Is a student trained')
    terminal.type('\r')
    expect(await terminal.finished).toBe(0)
    expect((await terminal.lines()).join('\n')).toContain('sedi run --dry-run')
    expect(loadConfig({ cwd: folder }).config).toMatchObject({ target: { kept: 42 }, budget: { maxCostUsd: 2 }, trainer: { id: 'none' } })
    expect(read('sedi.config.yaml')).toContain('for: cooking')
  })

  it('Ctrl-C leaves, and nothing was written', async () => {
    const terminal = open()
    await terminal.shows('What is the data for?')
    terminal.type('\x03')
    expect(await terminal.finished).toBe(1)
    expect([(await terminal.lines()).join('\n'), readdirSync(folder)]).toEqual([expect.stringContaining('Nothing was written'), []])
  })
})
