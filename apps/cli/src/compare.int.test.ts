import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { sediInside } from './fixtures/sedi-inside.ts'
import { testFolder, writeConfig } from './fixtures/test-folder.ts'

let folder: string
let first: string
let second: string

const sedi = (...args: string[]) => sediInside(args, { cwd: folder })

beforeAll(async () => {
  folder = testFolder()
  writeConfig(folder, {
    generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
    target: { calls: 4 },
    rounds: 1,
    batches: { size: 8 },
    trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 },
    training: { stepsPerRound: 4, learningRate: 0.003, maxLength: 64 },
    evaluation: { evaluators: ['exact-match'], heldOut: 'test.jsonl' },
  })
  first = JSON.parse((await sedi('run', '--json', '--set', 'recipe=alpaca')).stdout).run
  second = JSON.parse((await sedi('run', '--json')).stdout).run
})

describe('compare', () => {
  it('in words: figures side by side, the difference with its interval, what differs, and what may be quoted', async () => {
    const { code, stdout } = await sedi('compare', first, `./runs/${second}`, '--no-diversity')
    expect(code).toBe(0)
    expect(stdout).toMatch(/^A alpaca: \S+, done\nB sedi: \S+, done\n/)
    expect(stdout).toMatch(/\nkept +\d+ \([\d.]+ % \[[\d.]+, [\d.]+\]\) +\d+ \(/)
    expect(stdout).toMatch(/\nexact-match: B − A +\d+ +[+−]?[\d.]+ points +\[[+−]?[\d.]+, [+−]?[\d.]+\]/)
    expect(stdout).toContain('\n  filter.threshold: 0.7 | 0.85\n')
    expect(stdout).toMatch(/beyond these two runs\. That takes replicates.*\n$/)
  })

  it('--json is one document, --out a page or a text with its drawings beside it', async () => {
    const page = await sedi('compare', first, second, '--json', '--out', 'reports/cmp.html')
    expect([page.code, page.stderr]).toEqual([0, expect.stringContaining(`Written: ${join(folder, 'reports', 'cmp.html')}\n`)])
    const { quote, diversity } = JSON.parse(page.stdout)
    expect(diversity.datasets).toHaveLength(2)
    const html = readFileSync(join(folder, 'reports', 'cmp.html'), 'utf8')
    expect(html).toContain(`<blockquote>${quote}</blockquote>`)
    expect(html.split('<svg ')).toHaveLength(4)

    await sedi('compare', first, second, '--no-diversity', '--out', 'reports/cmp.md')
    const drawings = ['cmp-exact-match-kinds.svg', 'cmp-exact-match-rounds.svg', 'cmp-kept-by-cost.svg']
    expect(readdirSync(join(folder, 'reports')).filter((name) => name.endsWith('.svg'))).toEqual(drawings)
    const text = readFileSync(join(folder, 'reports', 'cmp.md'), 'utf8')
    for (const drawing of drawings) expect(text).toContain(`](${drawing})`)
  })

  it('what makes no sense exits with 2 and the reason, before anything is written', async () => {
    const twice = await sedi('compare', first, first, '--out', 'twice.html')
    expect([twice.code, twice.stdout, twice.stderr]).toEqual([2, '', expect.stringContaining('was named twice: expected different runs.')])
    expect(existsSync(join(folder, 'twice.html'))).toBe(false)
    const one = await sedi('compare', first, '--json')
    expect([one.code, JSON.parse(one.stdout).error.message]).toEqual([2, 'There is nothing to compare: expected at least two runs, got 1.'])
    const format = await sedi('compare', first, second, '--out', 'report.pdf')
    expect([format.code, format.stderr]).toEqual([2, expect.stringContaining('ends in .html or .md')])
    expect((await sedi('compare', first, 'no-such-run')).code).toBe(2)
  })
})
