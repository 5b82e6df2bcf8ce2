import { existsSync, readFileSync } from 'node:fs'
import { createNoveltyIndex } from '@sedi/core'
import { loadVerbNounParser } from '@sedi/evaluation'
import { checks, createChecks, heuristics } from '@sedi/pipeline'
import { describe, expect, it } from 'vitest'
import { builtInSeedNames, fileOf } from './built-in-seeds.ts'
import { loadSeeds } from './load-tasks.ts'

type Row = { readonly instruction: string; readonly input: string; readonly output: string; readonly domain: string; readonly classification?: true }
const rows = readFileSync(fileOf('sedi:general'), 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Row)
const share = (matches: (row: Row) => boolean): number => rows.filter(matches).length / rows.length

describe('sedi:general', () => {
  it('is loaded by name: at least 200 seeds with ids of their own', async () => {
    const seeds = await loadSeeds('sedi:general')
    expect(seeds.length).toBeGreaterThanOrEqual(200)
    expect(seeds[0]).toMatchObject({ id: 'general-001', origin: 'human' })
    expect(new Set(seeds.map(({ id }) => id)).size).toBe(seeds.length)
  })

  it('asks for different things: no two instructions above ROUGE-L 0.6, at least 80 verbs', async () => {
    const index = createNoveltyIndex()
    for (const { instruction } of rows) {
      expect([instruction, index.judge(instruction, 0.6)]).toEqual([instruction, expect.objectContaining({ novel: true })])
      index.add(instruction)
    }
    const parse = await loadVerbNounParser()
    const verbs = new Set(rows.map(({ instruction }) => parse(instruction)?.verb))
    expect(verbs.size).toBeGreaterThanOrEqual(80)
    expect(new Set(rows.map(({ domain }) => domain)).size).toBeGreaterThanOrEqual(20)
  })

  it('has tasks with and without input, and classification as often as Self-Instruct’s seeds (26 of 175)', () => {
    expect(share(({ input }) => input !== '')).toBeGreaterThan(0.4)
    expect(share(({ input }) => input === '')).toBeGreaterThan(0.25)
    expect(share(({ classification }) => classification === true)).toBeGreaterThan(0.12)
    expect(share(({ classification }) => classification === true)).toBeLessThan(0.18)
    for (const row of rows.filter(({ classification }) => classification)) expect(row.output.length).toBeLessThan(80)
  })

  it('varies its answers: none twice but for labels, short and long ones', () => {
    const open = rows.filter(({ classification }) => classification !== true).map(({ output }) => output)
    expect(new Set(open).size).toBe(open.length)
    const lengths = open.map(({ length }) => length).sort((a, b) => a - b)
    expect(lengths[Math.floor(0.1 * lengths.length)]).toBeLessThan(70)
    expect(lengths[Math.floor(0.9 * lengths.length)]).toBeGreaterThan(250)
  })

  it('passes every rule and check that a candidate must pass', async () => {
    for (const rules of Object.values(heuristics)) {
      for (const row of rows)
        expect([row.instruction, rules.check(row), 'checkAnswer' in rules ? rules.checkAnswer(row) : undefined]).toEqual([
          row.instruction,
          undefined,
          undefined,
        ])
    }
    const modes = Object.fromEntries(Object.values(checks).flatMap(({ id }) => (id === 'moderation' ? [] : [[id, 'drop'] as const])))
    for (const [i, { dropped }] of (await createChecks(modes, { benchmarks: [] }).run(rows)).entries())
      expect([rows[i]!.instruction, dropped]).toEqual([rows[i]!.instruction, undefined])
  })
})

it('names the sets there are', () => {
  for (const name of builtInSeedNames) expect(existsSync(fileOf(name))).toBe(true)
  expect(fileOf('seeds.jsonl')).toBe('seeds.jsonl')
  expect(() => fileOf('sedi:none')).toThrow(/expected sedi:general, or a file/)
})
