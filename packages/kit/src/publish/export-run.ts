import { extname } from 'node:path'
import type { Ledger } from '@sedi/spec'
import { formatOf, writeRows } from '@sedi/store'
import { begunConfigOf } from '../runs/run-config-of.ts'
import { createRowSource, type RowOptions } from './row-source.ts'
import { type ClusterSplit, splitByCluster } from './split-by-cluster.ts'

export type ExportRunOptions = RowOptions & {
  /** Where to write; its ending says the file format. With `testShare`, `data.jsonl` becomes `data.train.jsonl` and `data.test.jsonl`. */
  readonly file: string
  /** Share of the rows that goes to a test file, by whole clusters of similar instructions. @default none: one file */
  readonly testShare?: number | undefined
  /** Of the split. @default the run's own */
  readonly randomSeed?: number | undefined
}

export type ExportedRun = {
  readonly run: string
  readonly shape: string
  readonly rows: number
  readonly files: readonly { readonly name: 'all' | 'train' | 'test'; readonly path: string; readonly rows: number }[]
  readonly split: Omit<ClusterSplit, 'isTest' | 'clusters'> | undefined
}

/**
 * Writes the kept instructions of a run as one data file, or as two that are split by cluster; files that exist are replaced.
 * Throws `invalid-config` for options that do not go together, `unsupported` for an ending that nothing writes, `storage` when a file cannot be written.
 */
export async function exportRun(ledger: Ledger, { file, testShare, randomSeed, ...options }: ExportRunOptions): Promise<ExportedRun> {
  const { shape, columns, rows } = createRowSource(ledger, options, formatOf(file).id)
  const split = testShare === undefined ? undefined : await splitRun(ledger, testShare, randomSeed)
  if (split === undefined) {
    const count = await writeRows(file, rows(), columns)
    return { run: ledger.runId, shape: shape.id, rows: count, files: [{ name: 'all', path: file, rows: count }], split }
  }
  const { isTest, clusters: _, ...figures } = split
  const files = []
  for (const name of ['train', 'test'] as const) {
    const path = partName(file, name)
    files.push({
      name,
      path,
      rows: await writeRows(
        path,
        rows((i) => isTest[i] === (name === 'test')),
        columns,
      ),
    })
  }
  return { run: ledger.runId, shape: shape.id, rows: split.train + split.test, files, split: figures }
}

/** The kept instructions of a run, split by cluster; in the words that its filter went by. */
export async function splitRun(ledger: Ledger, testShare: number, randomSeed?: number): Promise<ClusterSplit> {
  const config = await begunConfigOf(ledger)
  const texts: string[] = []
  for await (const page of ledger.columns('candidate', ['verdict', 'instruction']))
    for (const { verdict, instruction } of page) if (verdict === 'kept') texts.push(instruction)
  return splitByCluster(texts, { testShare, randomSeed: randomSeed ?? config.randomSeed, tokenizer: config.filter.tokenizer })
}

function partName(file: string, part: string): string {
  const ending = extname(file)
  return `${file.slice(0, file.length - ending.length)}.${part}${ending}`
}
