import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FakeHub, startFakeHub } from '@sedi/testing'
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest'
import { type Answered, sediInside } from './fixtures/sedi-inside.ts'
import { testFolder, writeConfig } from './fixtures/test-folder.ts'

const token = 'hf_0123456789abcdefSECRET'
const folder = testFolder()
let run = ''
let kept = 0
let hub: FakeHub

beforeAll(async () => {
  writeConfig(folder, { generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } }, target: { calls: 2 } })
  const report = JSON.parse((await sediInside(['run', '--json'], { cwd: folder })).stdout) as { run: string; kept: number }
  run = report.run
  kept = report.kept
  hub = await startFakeHub({ token })
})
afterAll(() => hub.close())
afterEach(() => vi.unstubAllEnvs())

function ask(args: readonly string[], { HF_TOKEN = '', HF_ENDPOINT = hub.url }: Readonly<Record<string, string>> = {}): Promise<Answered> {
  vi.stubEnv('HF_TOKEN', HF_TOKEN)
  vi.stubEnv('HF_ENDPOINT', HF_ENDPOINT)
  return sediInside(args, { cwd: folder })
}
const lines = (text: string): Record<string, unknown>[] =>
  text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line)) // prettier-ignore

describe('export', () => {
  it('writes the shapes that trainers read, in the container that the name ends in', async () => {
    const messages = await ask(['export', run, '--format', 'messages', '--with', 'id,round,seeds,similarity,cost', '--system', 'You are terse.'])
    expect([messages.code, lines(messages.stdout).length]).toEqual([0, kept])
    const [first] = lines(messages.stdout)
    expect(first).toEqual({
      messages: [
        { role: 'system', content: 'You are terse.' },
        { role: 'user', content: expect.any(String) },
        { role: 'assistant', content: expect.any(String) },
      ], // prettier-ignore
      id: 'r01-c0000-i00',
      round: 1,
      seeds: [expect.stringMatching(/^seed-/), expect.any(String), expect.any(String)],
      similarity: expect.any(Number),
      cost: expect.any(Number),
    })
    for (const name of ['data.json', 'data.parquet', 'data.jsonl']) {
      const written = await ask(['export', run, '--format', 'sharegpt', '--out', name])
      expect([written.code, written.stderr]).toEqual([0, `${kept} instructions written to ${join(folder, name)}.\n`])
    }
    expect(JSON.parse(readFileSync(join(folder, 'data.json'), 'utf8'))).toHaveLength(kept)
    expect(readFileSync(join(folder, 'data.parquet')).subarray(0, 4).toString()).toBe('PAR1')
  })

  it('splits by cluster into two files with every row once, and says how far apart they are', async () => {
    const split = await ask(['export', run, '--test-share', '0.2', '--out', 'part.jsonl', '--json'])
    const told = JSON.parse(split.stdout)
    const [train, test] = ['train', 'test'].map((name) => lines(readFileSync(join(folder, `part.${name}.jsonl`), 'utf8')).map(({ id }) => id))
    const all = lines((await ask(['export', run])).stdout).map(({ id }) => id)
    expect([...train!, ...test!].toSorted()).toEqual(all.toSorted())
    expect(told).toMatchObject({
      rows: kept,
      files: [
        { name: 'train', rows: train!.length },
        { name: 'test', rows: test!.length },
      ],
    })
    expect(told.split.nearness.highest).toBeLessThanOrEqual(told.split.apart)
    expect(split.stderr).toMatch(/none of them on both sides.*\n.*ROUGE-L above/)
    const again = await ask(['export', run, '--test-share', '0.2', '--out', 'again.jsonl'])
    expect([again.code, readFileSync(join(folder, 'again.test.jsonl'), 'utf8')]).toEqual([0, readFileSync(join(folder, 'part.test.jsonl'), 'utf8')])
  })

  it('refuses what does not go together, and writes nothing', async () => {
    const cases: [string[], RegExp][] = [
      [['--format', 'openai', '--out', 'x.parquet'], /read from files ending in \.jsonl, \.ndjson only/],
      [['--format', 'openai', '--with', 'id', '--out', 'x.jsonl'], /no room for other columns/],
      [['--with', 'score', '--out', 'x.jsonl'], /--with: expected some of id, round/],
      [['--out', 'x.csv'], /Cannot tell the format of .*x\.csv/],
      [['--test-share', '0.1'], /--test-share writes two files/],
      [['--test-share', '1', '--out', 'x.jsonl'], /above 0 and below 1/],
    ]
    for (const [args, said] of cases)
      expect([args, await ask(['export', run, ...args])]).toEqual([args, expect.objectContaining({ code: 2, stderr: expect.stringMatching(said) })])
    expect(readdirSync(folder).filter((name) => name.startsWith('x'))).toEqual([])
  })
})

describe('push', () => {
  const push = (...args: string[]): Promise<Answered> => ask(['push', run, '--repo', 'tester/poems', ...args], { HF_TOKEN: token })

  it('shows what it would push without a key, and needs one to push', async () => {
    const planned = await ask(['push', run, '--repo', 'tester/poems', '--license', 'cc-by-4.0', '--dry-run', '--out', 'preview'])
    expect([planned.code, planned.stdout]).toEqual([0, expect.stringMatching(/no hub was asked, because HF_TOKEN is not set/)])
    expect(['README.md', 'data', 'plots', 'sedi'].every((name) => existsSync(join(folder, 'preview', name)))).toBe(true)
    const refused = await ask(['push', run, '--repo', 'tester/poems', '--license', 'cc-by-4.0'])
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(/set the environment variable HF_TOKEN/)])
    expect(hub.book).toEqual([])
  })

  it('creates, finds nothing to do, updates, proposes; as text and as JSON, without the key in either', async () => {
    const created = await push('--license', 'cc-by-4.0', '--private')
    expect([created.code, created.stdout]).toEqual([
      0,
      expect.stringMatching(new RegExp(`^Created ${hub.url}/datasets/tester/poems, private: ${kept} rows\\.\\n  added    data/`)),
    ])
    const again = await push('--private')
    expect([again.code, again.stdout]).toEqual([0, expect.stringMatching(/^Nothing to do: .* has exactly this already/)])
    const updated = await push('--test-share', '0.2', '--json')
    expect(JSON.parse(updated.stdout)).toMatchObject({ action: 'updated', run, private: true, before: { run }, changes: expect.any(Array) })
    const proposed = await push('--create-pr')
    expect(proposed.stdout).toMatch(/^Proposed to .*Pull request: http.*\/discussions\/1\n/)
    for (const { stdout, stderr } of [created, again, updated, proposed]) expect(`${stdout}${stderr}`).not.toContain(token)
  })

  it('says which address of a hub it does not take', async () => {
    for (const [HF_ENDPOINT, said] of [
      ['http://hub.example', /unencrypted/],
      ['https://me:pass@hub.example', /key in it/],
      ['hub', /something else/],
    ] as const) {
      const refused = await ask(['push', run, '--repo', 'tester/poems'], { HF_TOKEN: token, HF_ENDPOINT })
      expect([refused.code, refused.stderr]).toEqual([2, expect.stringMatching(said)])
      expect(refused.stderr).not.toContain('pass@')
    }
  })
})
