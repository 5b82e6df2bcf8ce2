// The filter with our index, in a process of its own: stream-index.ts CORPUS THRESHOLD TOKENIZER THREADS PAUSES
// Prints JSON. Only deciding is timed, tokenising included; reading the file is not. Up to 200,000 texts are filtered twice, with two indexes:
// the second time the engine has compiled the code.
import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { createNoveltyIndex, type TokenizerName } from '@sedi/core'
import { filterInParallel } from '@sedi/core/node'

export type StreamResult = {
  readonly texts: number
  readonly seconds: number
  readonly cpuSeconds: number
  /** CPU seconds of the same once more in the same process; undefined for large corpora. */
  readonly warmCpuSeconds: number | undefined
  readonly kept: number
  readonly keptHash: string
  /** Σ over texts of the pool's size: what comparing with everything would compare. */
  readonly pairs: number
  /** Wall time of the last tenth of the texts, per text. */
  readonly lastMicros: number
  readonly bytesPerKept: number
  readonly peakResidentBytes: number
  /** The slowest judge + add, in milliseconds of wall time, and how many took over 50; undefined unless asked for. */
  readonly slowestMs: number | undefined
  readonly over50Ms: number | undefined
}

const [path = '', threshold = '0.7', tokenizer = 'rouge', threads = '1', pauses = ''] = process.argv.slice(2)
const result = await (threads === '1' ? inOrder() : inParallel(Number(threads) - 1))
const warmCpuSeconds = threads === '1' && result.texts <= 200_000 ? (await inOrder()).cpuSeconds : undefined
process.stdout.write(JSON.stringify({ ...result, warmCpuSeconds } satisfies StreamResult))

type OneRun = Omit<StreamResult, 'warmCpuSeconds'>

async function inOrder(): Promise<OneRun> {
  const index = createNoveltyIndex({ threshold: Number(threshold), nearest: 'rejected', tokenizer: tokenizer as TokenizerName })
  const hash = createHash('sha256')
  const times: { readonly texts: number; readonly seconds: number }[] = []
  let [seconds, cpuMicros, position, pairs, slowestMs, over50Ms] = [0, 0, 0, 0, 0, 0]

  function decide(texts: readonly string[]): number[] {
    const kept: number[] = []
    for (const text of texts) {
      const startedAt = pauses === '' ? 0 : performance.now()
      pairs += index.size
      if (index.judge(text, Number(threshold)).novel) {
        index.add(text)
        kept.push(position)
      }
      position++
      if (pauses === '') continue
      const tookMs = performance.now() - startedAt
      slowestMs = Math.max(slowestMs, tookMs)
      if (tookMs > 50) over50Ms++
    }
    return kept
  }

  for await (const texts of blocks()) {
    const [cpu, wall] = [process.cpuUsage(), performance.now()]
    const kept = decide(texts)
    times.push({ texts: texts.length, seconds: (performance.now() - wall) / 1000 })
    const used = process.cpuUsage(cpu)
    seconds += times.at(-1)!.seconds
    cpuMicros += used.user + used.system
    for (const one of kept) hash.update(`${one},`)
  }
  return {
    texts: position,
    seconds,
    cpuSeconds: cpuMicros / 1e6,
    kept: index.size,
    keptHash: hash.digest('hex'),
    pairs,
    lastMicros: lastTenth(times),
    bytesPerKept: index.statistics().bytes / index.size,
    peakResidentBytes: process.resourceUsage().maxRSS * 1024,
    slowestMs: pauses === '' ? undefined : slowestMs,
    over50Ms: pauses === '' ? undefined : over50Ms,
  }
}

async function inParallel(workers: number): Promise<OneRun> {
  const texts: string[] = []
  for await (const block of blocks()) for (const text of block) texts.push(text)
  const [cpu, wall] = [process.cpuUsage(), performance.now()]
  const { novel, kept } = await filterInParallel(texts, { threshold: Number(threshold), tokenizer: tokenizer as TokenizerName, workers })
  const seconds = (performance.now() - wall) / 1000
  const used = process.cpuUsage(cpu)
  const hash = createHash('sha256')
  let [pairs, size] = [0, 0]
  novel.forEach((one, i) => {
    pairs += size
    size += one
    if (one === 1) hash.update(`${i},`)
  })
  return {
    texts: texts.length,
    seconds,
    cpuSeconds: (used.user + used.system) / 1e6,
    kept,
    keptHash: hash.digest('hex'),
    pairs,
    lastMicros: Number.NaN,
    bytesPerKept: Number.NaN,
    peakResidentBytes: process.resourceUsage().maxRSS * 1024,
    slowestMs: undefined,
    over50Ms: undefined,
  }
}

/** The corpus in blocks of lines; flat strings, as a JSON parser gives them. */
async function* blocks(): AsyncGenerator<string[]> {
  let rest = ''
  for await (const chunk of createReadStream(path, { encoding: 'utf8', highWaterMark: 1 << 20 })) {
    const lines = (rest + chunk).split('\n')
    rest = lines.pop()!
    yield JSON.parse(JSON.stringify(lines)) as string[]
  }
}

function lastTenth(times: readonly { readonly texts: number; readonly seconds: number }[]): number {
  const all = times.reduce((sum, { texts }) => sum + texts, 0)
  let [texts, seconds] = [0, 0]
  for (const time of times.toReversed()) {
    if (texts >= all / 10) break
    texts += time.texts
    seconds += time.seconds
  }
  return (1e6 * seconds) / texts
}
