import { readFileSync } from 'node:fs'
import { createNoveltyIndex } from '@sedi/core'
import { measureJsRouge, measureMinhash, measureRapidfuzz, measureRougeScore } from './measure.ts'
import type { OwnRow } from './own-table.ts'
import { describeRatio, describeSeconds, describeSpread, markdownTable, median } from './report.ts'

type PeerOptions = { readonly threshold: number; readonly repeats: number }
/** CPU seconds for the whole corpus, in words, how many times ours, and whether the decisions are the same. */
type PeerCell = { readonly time: string; readonly ratio: number; readonly decisions: string }
type Peer = (row: OwnRow, options: PeerOptions) => PeerCell

const comparesWall = (name: string): boolean => name === 'rapidfuzz-2-threads'

/** Larger corpora are extrapolated from the pairs that would have to be compared. */
const inFull = 52_000

const peers: Readonly<Record<string, Peer>> = {
  rapidfuzz: (row, options) => rapidfuzz(row, options, 1),
  'rapidfuzz-2-threads': (row, options) => rapidfuzz(row, options, 2),
  'rouge-score': (row) => extrapolated(row, measureRougeScore(row.file, 20)),
  'js-rouge': (row) => extrapolated(row, measureJsRouge(row.file, 10)),
  minhash,
}

export function pickPeers(names: readonly string[]): string[] {
  const unknown = names.find((name) => !(name in peers))
  if (unknown !== undefined) throw new Error(`--peers: expected some of ${Object.keys(peers).join(', ')}, or none; got ${unknown}.`)
  return [...names]
}

/** Peers beside the index, one section. Times of the same task: the kept texts of a whole stream. */
export function peersTable(rows: readonly OwnRow[], names: readonly string[], options: PeerOptions): string[] {
  const body = rows
    .filter(({ tokenizer }) => tokenizer === 'rouge')
    .flatMap((row) =>
      names.map((name) => {
        console.error(`${row.file.name}, ${row.file.count} texts: ${name}…`)
        const { time, ratio, decisions } = peers[name]!(row, options)
        const warm = row.runs[0]!.warmCpuSeconds === undefined ? Number.NaN : (ratio * ownCpu(row)) / median(row.runs.map((run) => run.warmCpuSeconds!))
        return [row.file.name, String(row.file.count), name, time, describeRatio(ratio), comparesWall(name) ? '' : describeRatio(warm), decisions]
      }),
    )
  return [
    '## Beside others',
    '',
    'Ratios: CPU time of the peer by CPU time of the index (with two threads, and of the bulk mode if measured: wall by wall), medians.',
    '`rapidfuzz`: LCSseq by `process.cdist` on lists of ints, one-byte scores (two where texts have over 255 words), blocks of 256 against the pool kept so far. `rouge-score`: as',
    'Self-Instruct calls it, every pair tokenised anew; `js-rouge`: its `l`; both extrapolated from random pairs to all pairs of the stream.',
    '`minhash`: datasketch, 128 permutations, LSH at Jaccard 0.7; approximate.',
    '',
    markdownTable(['corpus', 'texts', 'peer', 'time', 'index is faster by', 'code warm', 'decisions'], body),
  ]
}

const ownCpu = (row: OwnRow): number => median(row.runs.map(({ cpuSeconds }) => cpuSeconds))
const ownWall = (row: OwnRow, parallel: boolean): number =>
  median((parallel && row.parallel.length > 0 ? row.parallel : row.runs).map(({ seconds }) => seconds))

function rapidfuzz(row: OwnRow, { threshold, repeats }: PeerOptions, threads: number): PeerCell {
  if (row.file.count > inFull) return { time: 'not run', ratio: Number.NaN, decisions: '' }
  const runs = Array.from({ length: repeats }, () => measureRapidfuzz(row.file, threshold, threads))
  const seconds = runs.map((run) => (threads === 1 ? run.cpuSeconds : run.seconds))
  return {
    time: `${describeSpread(seconds)} ${threads === 1 ? 'CPU' : 'wall'}`,
    ratio: median(seconds) / (threads === 1 ? ownCpu(row) : ownWall(row, true)),
    decisions: runs[0]!.keptHash === row.runs[0]!.keptHash ? 'the same' : 'DIFFERENT',
  }
}

function extrapolated(row: OwnRow, { pairsPerSecond, pairs }: { readonly pairsPerSecond: number; readonly pairs: number }): PeerCell {
  const seconds = row.runs[0]!.pairs / pairsPerSecond
  const rate = Math.round(pairsPerSecond).toLocaleString('en')
  return {
    time: `${describeSeconds(seconds)}, extrapolated from ${pairs.toLocaleString('en')} pairs at ${rate} a second`,
    ratio: seconds / ownCpu(row),
    decisions: 'not compared',
  }
}

function minhash(row: OwnRow, { threshold }: PeerOptions): PeerCell {
  if (row.file.count > inFull) return { time: 'not run', ratio: Number.NaN, decisions: '' }
  const { cpuSeconds, kept } = measureMinhash(row.file, 0.7)
  return {
    time: `${describeSeconds(cpuSeconds)} CPU (one run)`,
    ratio: cpuSeconds / ownCpu(row),
    decisions: describeErrors(row.file.path, new Set(kept), threshold),
  }
}

/** Each decision against the exact one for the pool that the peer itself kept. */
function describeErrors(path: string, kept: ReadonlySet<number>, threshold: number): string {
  const index = createNoveltyIndex({ threshold, nearest: 'rejected' })
  const texts = readFileSync(path, 'utf8').split('\n').slice(0, -1)
  let [missed, wrong, similar, unlike] = [0, 0, 0, 0]
  texts.forEach((text, i) => {
    const { novel } = index.judge(text, threshold)
    if (novel) unlike++
    else similar++
    if (!novel && kept.has(i)) missed++
    if (novel && !kept.has(i)) wrong++
    if (kept.has(i)) index.add(text)
  })
  const percent = (part: number, whole: number): string => (whole === 0 ? '0 %' : `${((100 * part) / whole).toFixed(1)} %`)
  return `keeps ${percent(missed, similar)} of the similar texts, rejects ${percent(wrong, unlike)} of the others`
}
