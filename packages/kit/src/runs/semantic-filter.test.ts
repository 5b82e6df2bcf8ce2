import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { wordPartEmbedding } from '@sedi/core'
import type { Embedder } from '@sedi/spec'
import { afterAll, describe, expect, it } from 'vitest'
import { createSemanticFilter } from '../adapters.ts'
import { configJsonSchema } from '../config/json-schema.ts'
import { parseConfig } from '../config/parse-config.ts'
import { filterFile, type Rejection } from '../files/filter-file.ts'
import { replayFilter } from '../replay/replay-filter.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-semantic-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

function write(name: string, instructions: readonly string[]): string {
  const path = join(folder, name)
  writeFileSync(path, instructions.map((instruction) => JSON.stringify({ instruction, output: 'x' })).join('\n'))
  return path
}

const cosine = (a: string, b: string): number => {
  const [one, other] = [wordPartEmbedding(a), wordPartEmbedding(b)]
  return one.reduce((sum, value, d) => sum + value * other[d]!, 0)
}

// The second says the first in another order: ROUGE-L F 0.5. The third repeats it to the word.
const sort = 'Sort the northern parcels by their weight'
const reordered = 'By their weight, sort the northern parcels'
const texts = [sort, 'Name three rivers of Spain', reordered, sort, 'Naming three Spanish rivers', '…']

describe('filterFile with a semantic filter', () => {
  it('asks it about what the first one lets through, and says which one rejected a row and why', async () => {
    const rejections: Rejection[] = []
    const onDecision = async (_: object, why: Rejection | undefined) => void (why && rejections.push(why))
    const result = await filterFile(write('a.jsonl', texts), { threshold: 0.85, semantic: { threshold: 0.9 }, onDecision })
    expect(result).toMatchObject({ read: 6, kept: 4, semantic: { threshold: 0.9, embedder: 'word-parts' } })
    expect(result.rejected).toEqual({ similar: 1, 'similar-meaning': 1, heuristic: 0, malformed: 0 })
    expect(rejections).toEqual([
      { reason: 'similar-meaning', detail: '', nearest: '1', score: expect.closeTo(cosine(sort, reordered), 6) },
      { reason: 'similar', detail: '', nearest: '1', score: 1 },
    ])
  })

  it('is not there unless asked for', async () => {
    const result = await filterFile(write('b.jsonl', texts), { threshold: 0.85 })
    expect(result.rejected).toEqual({ similar: 1, heuristic: 0, malformed: 0 })
    expect('semantic' in result).toBe(false)
  })

  it('knows the rows of another file', async () => {
    const against = write('known.jsonl', [reordered])
    const rejections: Rejection[] = []
    await filterFile(write('c.jsonl', [sort]), {
      threshold: 0.85,
      semantic: { threshold: 0.9 },
      against,
      onDecision: async (_, why) => void (why && rejections.push(why)),
    })
    expect(rejections).toMatchObject([{ reason: 'similar-meaning', nearest: 'against:1' }])
  })

  it.each([
    [{ threshold: 1.5 }, /--semantic: expected a number from 0 to 1, got 1.5/],
    [{ threshold: 0.9, embedder: 'lexical' }, /do not compare/],
    [{ threshold: 0.9, embedder: 'huggingface' }, /huggingface needs options/],
    [{ threshold: 0.9, embedder: 'words' }, /Expected an embedder of .*word-parts.*; got words/],
  ])('refuses %j', async (semantic, message) => {
    await expect(filterFile(write('d.jsonl', texts), { threshold: 0.85, semantic })).rejects.toThrow(message)
  })
})

describe('replayFilter by cosine', () => {
  it('gives at each threshold what filterFile keeps with both filters', async () => {
    const file = write('e.jsonl', texts)
    const thresholds = [0.9, 0.2, 1, 0]
    const replay = await replayFilter({ file }, thresholds, { by: 'cosine', threshold: 0.7 })
    const alone = await Promise.all(thresholds.map((threshold) => filterFile(file, { threshold: 0.7, semantic: { threshold } })))
    expect(replay.thresholds).toEqual(
      alone.map(({ kept, rejected }, i) => ({ threshold: thresholds[i], kept, similar: rejected.similar, 'similar-meaning': rejected['similar-meaning'] })),
    )
    expect(new Set(replay.thresholds.map(({ kept }) => kept)).size).toBeGreaterThan(2)
    expect(replay).toMatchObject({ by: 'cosine', recorded: null })
  })
})

describe('filter.semantic', () => {
  const parse = (semantic: unknown) =>
    parseConfig({ seeds: './s.jsonl', generator: { id: 'simulated' }, trainer: 'none', target: { calls: 1 }, filter: { semantic } }, join(folder, 'x.yaml'))

  it('is absent by default; with a threshold it has an embedder, named in full or in short', () => {
    expect(parse(undefined).filter.semantic).toBeUndefined()
    expect(parse({ threshold: 0.9 }).filter.semantic).toEqual({ threshold: 0.9, embedder: { id: 'word-parts', dimensions: 512 }, search: 'exact' })
    expect(parse({ threshold: 0.9, embedder: 'word-parts' })).toEqual(parse({ threshold: 0.9 }))
    expect(parse({ threshold: 0.9, embedder: { id: 'word-parts', dimensions: 64 } }).filter.semantic!.embedder).toEqual({ id: 'word-parts', dimensions: 64 })
  })

  it('names what is wrong with it', () => {
    expect(() => parse({})).toThrow(/filter.semantic.threshold/)
    expect(() => parse({ threshold: 0.9, embeder: 'word-parts' })).toThrow(/did you mean “embedder”/)
    expect(() => parse({ threshold: 0.9, embedder: 'word-part' })).toThrow(/filter.semantic.embedder.*expected one of .*word-parts.*; got "word-part"/s)
  })

  it('takes the short form of an embedder in editors, too', () => {
    const { embedder } = configJsonSchema().properties!.filter!.properties!.semantic!.properties!
    expect(embedder!.anyOf![0]).toMatchObject({ type: 'string', enum: expect.arrayContaining(['word-parts']) })
  })

  it('refuses an embedder it cannot use before anything is bought', async () => {
    await expect(createSemanticFilter({ embedder: { id: 'lexical', dimensions: 8 }, search: 'exact' })).rejects.toThrow(/do not compare/)
    const { embedder, search } = await createSemanticFilter({ embedder: { id: 'word-parts', dimensions: 8 }, search: 'usearch' })
    expect((embedder satisfies Embedder).modelId).toBe('word-parts-8')
    expect(search).toBeTypeOf('function')
  })
})
