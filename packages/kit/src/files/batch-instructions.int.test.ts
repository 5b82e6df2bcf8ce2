import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finishedRun, trainedConfig } from '../fixtures/small-run.ts'
import { exportInstructions } from '../runs/export-instructions.ts'
import type { HeldRun } from '../runs/open-run.ts'
import { batchInstructions } from './batch-instructions.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-batch-'))
let run: HeldRun
beforeAll(async () => {
  const config = trainedConfig()
  run = await finishedRun({ ...config, rounds: 1 })
})
afterAll(async () => {
  await run.close()
  rmSync(folder, { recursive: true, force: true })
})

function write(name: string, rows: readonly object[]): string {
  const path = join(folder, name)
  writeFileSync(path, rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
  return path
}

describe('batches of what a run kept', () => {
  it('are those the run trained on in its first round, from the ledger and from its export', async () => {
    const trained = await run.ledger.find('batch')
    const file = write('kept.jsonl', await Array.fromAsync(exportInstructions(run.ledger)))
    for (const source of [{ ledger: run.ledger }, { file }]) {
      const { batches } = await batchInstructions(source, { size: 8, epochs: 2 })
      expect(batches.length).toBeGreaterThanOrEqual(trained.length)
      expect(batches.slice(0, trained.length).map(({ ids, epoch, diversity, conflicts }) => ({ ids, epoch, diversity, conflicts }))).toEqual(
        trained.map(({ exampleIds: ids, epoch, diversity, conflicts }) => ({ ids, epoch, diversity, conflicts })),
      )
    }
  })
})

describe('batches of a file', () => {
  const rows = ['Name a long river of Spain.', 'Name a long river of Italy.', 'Sort seven words by length.', 'Add 3 and 4.', 'Add 3 and 9.', 'Draw a cat.']
  const numbered = rows.map((instruction, i) => ({ id: i, instruction, output: 'x' }))

  it('another random seed gives other batches, the same the same', async () => {
    const file = write('rows.jsonl', numbered)
    const idsWith = async (randomSeed: number) => (await batchInstructions({ file }, { size: 2, composer: 'random', randomSeed })).batches.map(({ ids }) => ids)
    expect(await idsWith(1)).toEqual(await idsWith(1))
    expect(await idsWith(2)).not.toEqual(await idsWith(1))
  })

  it('the conflict limit takes near-duplicates apart; random order is reported beside', async () => {
    const file = write('rows.jsonl', numbered)
    const { composed, random, batches } = await batchInstructions(
      { file },
      { size: 2, composer: 'random', conflictThreshold: 0.6, conflictLimit: true, epochs: 4 },
    )
    expect(composed.conflictsPerBatch).toBe(0)
    expect(random.conflictsPerBatch).toBeGreaterThan(0)
    for (const epoch of [1, 2, 3, 4])
      expect(
        batches
          .filter((batch) => batch.epoch === epoch)
          .flatMap(({ ids }) => ids)
          .sort(),
      ).toEqual(['0', '1', '2', '3', '4', '5'])
  })

  it('rows without an id are named by their line; rows without an answer only count when none is needed', async () => {
    const file = write('mixed.jsonl', [
      { instruction: 'Name a river.' },
      {
        messages: [
          { role: 'user', content: 'Name a hill.' },
          { role: 'assistant', content: 'Teide' },
        ],
      },
      { other: 1 },
    ])
    const all = await batchInstructions({ file })
    expect([all.rows.map(({ id }) => id), all.issues.map(({ path }) => path)]).toEqual([['line-1', 'line-2'], [`${file}:3`]])
    const answered = await batchInstructions({ file }, { withAnswers: true })
    expect([answered.rows.map(({ id }) => id), answered.issues.length]).toEqual([['line-2'], 2])
  })

  it.each([
    ['two rows of one id', [numbered[0]!, numbered[0]!], {}, 'invalid-input', /the id “0” is used in line 1 already/],
    ['nothing to batch', [], {}, 'invalid-input', /nothing to batch/],
    ['a composer that is none', numbered, { composer: 'sorted' }, 'invalid-config', /--composer: expected one of .*round-robin/],
    ['a size of 0', numbered, { size: 0 }, 'invalid-config', /batches\.size/],
    ['no epochs', numbered, { epochs: 0 }, 'invalid-config', /--epochs/],
    ['an embedder that charges', numbered, { embedder: 'openai' }, 'invalid-config', /--embedder: openai/],
  ] as const)('%s is refused', async (_, given, options, code, message) => {
    await expect(batchInstructions({ file: write('given.jsonl', given) }, options)).rejects.toMatchObject({ code, message: expect.stringMatching(message) })
  })
})
