import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sediInside } from './fixtures/sedi-inside.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-import-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const chat = (question: string, answer: string, ...more: string[]): object => ({
  conversations: [question, answer, ...more].map((value, i) => ({ from: i % 2 === 0 ? 'human' : 'gpt', value })),
})

beforeAll(() => {
  const rows: readonly unknown[] = [
    chat('Name a long river of Spain.', 'Ebro', 'Another?', 'Tajo'),
    chat('Name a LONG river of Spain!', 'Tajo'),
    ['no record'],
    chat('How do bees find their way home?', 'By the sun.'),
  ]
  writeFileSync(join(folder, 'chats.json'), JSON.stringify(rows))
})

async function say(...argv: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  const { code, stdout: out, stderr: err } = await sediInside(argv, { cwd: folder })
  return { code, out, err }
}

it('says what the rows were read as, what was left out and shortened, and what to do with the result', async () => {
  const { code, out, err } = await say('import', 'chats.json', '--as', 'seeds', '--out', 'seeds.jsonl')
  expect([code, err]).toEqual([0, expect.stringMatching(/chats\.json:3: expected an object, got an array/)])
  expect(out).toMatch(/3 tasks written to seeds\.jsonl, of 4 rows[\s\S]*sharegpt 3[\s\S]*broken 1[\s\S]*1 conversation[\s\S]*seeds: \.\/seeds\.jsonl/)
})

it('other commands read the same shapes, and what was imported as a pool, from Parquet', async () => {
  expect(await say('import', 'chats.json', '--as', 'pool', '--out', 'pool.parquet', '--sample', '1', '--json')).toMatchObject({ code: 0 })
  const { code, out } = await say('filter', 'chats.json', '--out', 'kept.jsonl', '--json')
  expect([code, JSON.parse(out)]).toEqual([0, expect.objectContaining({ read: 4, kept: 2, rejected: expect.objectContaining({ similar: 1, malformed: 1 }) })])
  const against = await say('filter', 'chats.json', '--against', 'pool.parquet', '--json')
  expect(JSON.parse(against.out).kept).toBeLessThan(2)
  // What was kept is as it was: the whole conversation.
  expect(readFileSync(join(folder, 'kept.jsonl'), 'utf8')).toContain('"Tajo"')
})

it('what was imported as a pool is data that a run keeps nothing like; a file with a broken row stops it before it begins', async () => {
  const { out } = await say('import', 'chats.json', '--as', 'pool', '--out', 'known.jsonl')
  const [, key] = /sedi run --set '(\S+)'/.exec(out)!
  const config = { seeds: 'sedi:general', generator: { id: 'simulated' }, trainer: 'none', target: { calls: 1 } }
  writeFileSync(join(folder, 'sedi.config.json'), JSON.stringify(config))
  const plan = await say('run', 'sedi.config.json', '--dry-run', '--set', key!)
  expect([plan.code, plan.out]).toEqual([0, expect.stringMatching(/keep {10}.*against 3 existing texts/)])
  const broken = await say('run', 'sedi.config.json', '--dry-run', '--set', 'filter.against=[./chats.json]')
  expect([broken.code, broken.err]).toEqual([2, expect.stringMatching(/sedi import <file> --as pool[\s\S]*chats\.json:3: expected an object/)])
})

it('does not write over what it reads', async () => {
  expect(await say('import', 'chats.json', '--as', 'seeds', '--out', './chats.json')).toMatchObject({
    code: 2,
    err: expect.stringMatching(/--out and the input are the same file/),
  })
})
