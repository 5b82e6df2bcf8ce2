import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng, distinctN, duplicateProfile, mtld, selfBleu, tokenizeRouge } from '@sedi/core'
import { afterAll, describe, expect, it } from 'vitest'
import { finishedRun, smallConfig } from '../fixtures/small-run.ts'
import { exportInstructions } from '../runs/export-instructions.ts'
import { type MetricName, measureDatasets, metricDescriptions, readDataset } from './measure-datasets.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-metrics-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const verbs = ['Write', 'Sort', 'List', 'Name', 'Explain', 'Translate']
const nouns = ['poem', 'letter', 'parcel', 'river', 'rule', 'story', 'sentence', 'number', 'town', 'table']

/** Requests of `variety` verbs and nouns. */
function texts(count: number, variety: number, seed = 1): string[] {
  const rng = createRng(seed, variety)
  const noun = (): string => rng.pick(nouns.slice(0, variety + 2))
  return Array.from({ length: count }, () => `${rng.pick(verbs.slice(0, variety))} a ${noun()} about the ${noun()} and the ${noun()}.`)
}

const options = { size: 30, repetitions: 5 }

describe('measureDatasets', () => {
  it('ranks a varied set above a narrow one, whatever their sizes, in every measure that has a direction', async () => {
    const measured = await measureDatasets(
      [
        { name: 'narrow', texts: texts(400, 1) },
        { name: 'varied', texts: texts(120, 6) },
      ],
      options,
    )
    const [narrow, varied] = measured.datasets
    expect([narrow!.rows, varied!.rows, measured.size, measured.reference.embedding]).toEqual([400, 120, 30, 'lexical'])
    const more: MetricName[] = [
      'vendi',
      'novelSum',
      'effectiveClusters',
      'clusterEntropy',
      'distinct1',
      'distinct2',
      'mtld',
      'verbNounPairs',
      'verbNounEntropy',
    ]
    const less: MetricName[] = ['selfBleu', 'nearestRougeL', 'above70', 'above85', 'sameWords', 'exactDuplicates']
    for (const name of more) expect([name, varied!.metrics[name].mean > narrow!.metrics[name].mean]).toEqual([name, true])
    for (const name of less) expect([name, varied!.metrics[name].mean < narrow!.metrics[name].mean]).toEqual([name, true])
    expect(varied!.metrics.vendi.sd).toBeGreaterThan(0)
    expect(varied!.metrics.verbNounFound.mean).toBeGreaterThan(0.8)
  })

  it('of the whole set is the measure itself, without spread', async () => {
    const whole = texts(40, 4)
    const { metrics } = (await measureDatasets([{ name: 'whole', texts: whole }], { size: 40, repetitions: 3 })).datasets[0]!
    const words = whole.map(tokenizeRouge)
    const { exact, sameWords, meanNearest, above } = duplicateProfile(whole, [0.7, 0.85])
    expect(metrics).toMatchObject({
      distinct2: { mean: expect.closeTo(distinctN(words, 2), 12) },
      selfBleu: { mean: expect.closeTo(selfBleu(words), 12) },
      mtld: { mean: expect.closeTo(mtld(words.flat()), 12) },
      exactDuplicates: { mean: expect.closeTo(exact, 12) },
      sameWords: { mean: expect.closeTo(sameWords, 12) },
      nearestRougeL: { mean: expect.closeTo(meanNearest, 12) },
      above70: { mean: expect.closeTo(above[0]!, 12) },
      above85: { mean: expect.closeTo(above[1]!, 12) },
    })
    for (const { sd } of Object.values(metrics)) expect(sd).toBeCloseTo(0, 12)
  })

  it('is the same again, another with another random seed, and has every measure it describes', async () => {
    const sets = [{ name: 'one', texts: texts(100, 4) }]
    const first = await measureDatasets(sets, options)
    expect(await measureDatasets(sets, options)).toEqual(first)
    expect((await measureDatasets(sets, { ...options, randomSeed: 2 })).datasets[0]!.metrics.vendi).not.toEqual(first.datasets[0]!.metrics.vendi)
    expect(Object.keys(first.datasets[0]!.metrics)).toEqual(Object.keys(metricDescriptions))
  })

  it('draws 20 times 200, or half of the smallest set', async () => {
    const sizeOf = async (...counts: number[]): Promise<number> =>
      (
        await measureDatasets(
          counts.map((count, i) => ({ name: `${i}`, texts: texts(count, 3) })),
          { repetitions: 1 },
        )
      ).size
    expect([await sizeOf(500), await sizeOf(90), await sizeOf(500, 61), await sizeOf(1)]).toEqual([200, 45, 30, 1])
  })

  it('refuses an empty set, and a size that a set does not have', async () => {
    await expect(measureDatasets([{ name: 'empty.jsonl', texts: [] }])).rejects.toMatchObject({
      code: 'invalid-input',
      message: expect.stringContaining('empty.jsonl'),
    })
    await expect(measureDatasets([{ name: 'few', texts: ['a', 'b'] }], { size: 3 })).rejects.toMatchObject({ code: 'invalid-config' })
  })
})

describe('readDataset', () => {
  it('reads a file, and names its broken rows', async () => {
    const file = join(folder, 'in.jsonl')
    writeFileSync(file, '{"instruction":"Name a river.","question":"Which?"}\n{broken\n{"instruction":"Count."}\n')
    expect(await readDataset('in', { file })).toMatchObject({ name: 'in', texts: ['Name a river.', 'Count.'], issues: [{ path: `${file}:2` }] })
    expect(await readDataset('in', { file, field: 'question' })).toMatchObject({ texts: ['Which?'] })
  })

  it('reads the kept instructions of a run, in order', async () => {
    const run = await finishedRun(smallConfig())
    const kept: string[] = []
    for await (const { instruction } of exportInstructions(run.ledger)) kept.push(instruction)
    expect(await readDataset('run', { ledger: run.ledger })).toEqual({ name: 'run', texts: kept, issues: [] })
    await run.close()
  })
})
