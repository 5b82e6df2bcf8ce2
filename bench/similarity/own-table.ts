import type { CorpusFile } from './corpus-file.ts'
import { measureOwn } from './measure.ts'
import { describeCount, describeSpread, markdownTable, median } from './report.ts'
import type { StreamResult } from './stream-index.ts'

export type OwnRow = {
  readonly file: CorpusFile
  readonly tokenizer: string
  readonly runs: readonly StreamResult[]
  readonly parallel: readonly StreamResult[]
  readonly threads: number
  readonly pauses: StreamResult | undefined
}

export type OwnRowOptions = { readonly threshold: number; readonly repeats: number; readonly threads: number; readonly pauses: boolean }

export function ownRow(file: CorpusFile, { threshold, repeats, threads, pauses }: OwnRowOptions): OwnRow {
  const tokenizer = file.name === 'non-english' ? 'unicode' : 'rouge'
  const measure = (more = {}): StreamResult => measureOwn(file, { threshold, tokenizer, ...more })
  const times = <T>(count: number, what: () => T): T[] => Array.from({ length: count }, what)
  const runs = times(repeats, measure)
  const parallel = threads > 1 ? times(repeats, () => measure({ threads })) : []
  for (const other of parallel) if (other.keptHash !== runs[0]!.keptHash) throw new Error(`${file.name}: the bulk mode kept other texts.`)
  return { file, tokenizer, runs, parallel, threads, pauses: pauses ? measure({ pauses: true }) : undefined }
}

/** What the index costs by itself. */
export function ownTable(rows: readonly OwnRow[], threshold: number): string {
  const header = ['corpus', 'texts', 'kept', 'CPU', 'CPU, code warm', 'wall', 'µs CPU a text', 'µs in the last tenth', 'index bytes a kept text', 'peak memory']
  const threads = rows.find(({ parallel }) => parallel.length > 0)?.threads
  if (threads !== undefined) header.push(`wall, bulk mode, ${threads} threads`)
  if (rows.some(({ pauses }) => pauses !== undefined)) header.push('slowest call', 'calls over 50 ms')
  const body = rows.map(({ file, tokenizer, runs, parallel, pauses }) => {
    const first = runs[0]!
    const cpu = runs.map(({ cpuSeconds }) => cpuSeconds)
    const cells = [
      tokenizer === 'rouge' ? file.name : `${file.name} (${tokenizer})`,
      describeCount(file.count),
      `${describeCount(first.kept)} (${((100 * first.kept) / file.count).toFixed(0)} %)`,
      describeSpread(cpu),
      first.warmCpuSeconds === undefined ? '' : describeSpread(runs.map(({ warmCpuSeconds }) => warmCpuSeconds!)),
      describeSpread(runs.map(({ seconds }) => seconds)),
      ((1e6 * median(cpu)) / file.count).toFixed(1),
      median(runs.map(({ lastMicros }) => lastMicros)).toFixed(1),
      first.bytesPerKept.toFixed(0),
      `${(first.peakResidentBytes / 2 ** 20).toFixed(0)} MiB`,
    ]
    if (threads !== undefined) cells.push(parallel.length > 0 ? describeSpread(parallel.map(({ seconds }) => seconds)) : '')
    if (pauses !== undefined) cells.push(`${pauses.slowestMs!.toFixed(1)} ms`, String(pauses.over50Ms))
    return cells
  })
  return [
    `## The index, threshold ${threshold}`,
    '',
    'Every text is judged against those kept before it and kept or rejected. One thread; CPU is the whole process, compilation and collection of',
    'garbage on other threads included; a fresh process each, median and range. “Code warm” is the same once more in the same process. Peak memory is',
    'the whole process, the texts being read included.',
    '',
    markdownTable(header, body),
  ].join('\n')
}
