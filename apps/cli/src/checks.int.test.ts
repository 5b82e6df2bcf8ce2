import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type FakeProvider, readBook, startFakeProvider } from '@sedi/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig, writeJsonLines } from './fixtures/test-folder.ts'

let folder: string
beforeEach(() => {
  folder = testFolder()
})

describe('sedi run with checks', () => {
  let provider: FakeProvider
  beforeEach(async () => {
    provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  })
  afterEach(() => provider.close())

  const config = (change: object = {}) =>
    writeConfig(folder, {
      seeds: 'sedi:general',
      generator: teacherAt(provider.url),
      moderator: { id: 'openai', baseUrl: provider.url },
      filter: { checks: { pii: 'drop', moderation: 'drop' }, benchmarks: ['quiz.jsonl'] },
      ...change,
    })

  it('plans: what is looked for, and in how many questions', async () => {
    writeJsonLines(join(folder, 'quiz.jsonl'), [{ question: 'Nobody asks this.' }])
    config()
    const plan = await sedi(['run', '--dry-run'], { cwd: folder })
    expect(plan.stdout).toMatch(/prompt +joint, 3 of 235 seeds/)
    expect(plan.stdout).toMatch(/checks +drop contamination, moderation, pii; flag garbled, placeholder, prompt-leak, refusal, script; 1 benchmark question\n/)
  })

  it('asks the moderation model, and does not go on against another content of a benchmark', async () => {
    writeJsonLines(join(folder, 'quiz.jsonl'), [{ question: 'Nobody asks this.' }])
    config({ budget: { maxCostUsd: 0.02 } })
    expect((await sedi(['run'], { cwd: folder })).code).toBe(3)
    const [run] = readdirSync(join(folder, 'runs')).filter((name) => !name.includes('.'))
    writeJsonLines(join(folder, 'quiz.jsonl'), [{ question: 'Somebody changed this.' }])
    const resumed = await sedi(['resume', run!, '--max-cost', '5'], { cwd: folder })
    expect([resumed.code, resumed.stderr]).toEqual([2, expect.stringMatching(/quiz\.jsonl is not what it was/)])
    writeJsonLines(join(folder, 'quiz.jsonl'), [{ question: 'Nobody asks this.' }])
    expect((await sedi(['resume', run!, '--max-cost', '5'], { cwd: folder })).code).toBe(0)
    // Once for each answer, as long as it is paid for.
    const { entries } = readBook(join(folder, 'book.jsonl'))
    expect(entries.filter(({ operation }) => operation === 'moderations')).toHaveLength(8)
  })
})

describe('sedi filter with checks', () => {
  it('writes each rejected row with its check and the words in common, and counts them', async () => {
    const rows = [
      { instruction: 'Name three rivers of Spain.', output: 'Ebro, Tajo, Duero' },
      { instruction: 'Extract the address from the letter.', input: 'Write to jane@acme.com.', output: 'It is in the letter.' },
      { instruction: 'Which gas do plants take in for photosynthesis?', output: 'Carbon dioxide' },
    ]
    writeJsonLines(join(folder, 'in.jsonl'), rows)
    writeFileSync(join(folder, 'quiz.json'), JSON.stringify([{ question: 'Which gas do plants take in for photosynthesis?' }]))
    const args = ['filter', 'in.jsonl', '--checks', 'pii,refusal', '--against-benchmark', 'quiz.json', '--rejects', 'out.jsonl']
    const { code, stdout } = await sedi(args, { cwd: folder })
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(
        /^1 of 3 rows kept \(33\.3 %\) at ROUGE-L ≤ 0\.85; rejected: similar 0, heuristic 0, check 1, contaminated 1, malformed 0; found by checks: contamination 1, pii 1, refusal 0; /,
      ),
    ])
    const rejected = readFileSync(join(folder, 'out.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => (JSON.parse(line) as { rejected: object }).rejected)
    expect(rejected).toEqual([
      { reason: 'check', detail: 'pii: an e-mail address in the input', nearest: null, score: null },
      expect.objectContaining({
        reason: 'contaminated',
        detail: expect.stringMatching(/quiz\.json:1 in the instruction \(100 % of the question\): “Which gas/),
      }),
    ])
  })

  it('writes over no benchmark', async () => {
    const over = await sedi(['filter', 'seeds.jsonl', '--against-benchmark', 'test.jsonl', '--out', 'test.jsonl'], { cwd: folder })
    expect([over.code, over.stderr]).toEqual([2, expect.stringMatching(/--out and --against-benchmark are the same file/)])
  })
})
