import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import type { CorpusFile } from './corpus-file.ts'
import { prepareJsRouge, preparePython } from './environment.ts'
import { peersFolder } from './paths.ts'
import type { StreamResult } from './stream-index.ts'

export type FilterTime = { readonly seconds: number; readonly cpuSeconds: number; readonly kept: number; readonly keptHash: string; readonly pairs: number }

export type OwnOptions = {
  readonly threshold: number
  readonly tokenizer?: string | undefined
  readonly threads?: number | undefined
  readonly pauses?: boolean | undefined
}

/** Our index, in a fresh process: its time includes the compilation of its own code by the engine. */
export function measureOwn({ path }: CorpusFile, { threshold, tokenizer = 'rouge', threads = 1, pauses = false }: OwnOptions): StreamResult {
  const script = join(import.meta.dirname, 'stream-index.ts')
  return runJson<StreamResult>(process.execPath, [
    '--conditions=@sedi/source',
    '--max-old-space-size=16000',
    script,
    path,
    `${threshold}`,
    tokenizer,
    `${threads}`,
    pauses ? 'pauses' : '',
  ])
}

export function measureRapidfuzz({ path }: CorpusFile, threshold: number, threads: number): FilterTime {
  return runJson<FilterTime>(preparePython(), [join(peersFolder, 'rapidfuzz_filter.py'), path, `${threshold}`, `${threads}`, '256'])
}

/** Pairs per second of rouge_score, one process. */
export function measureRougeScore({ path }: CorpusFile, seconds: number): { readonly pairsPerSecond: number; readonly pairs: number } {
  return runJson(preparePython(), [join(peersFolder, 'rouge_score_rate.py'), path, `${seconds}`])
}

export function measureJsRouge({ path }: CorpusFile, seconds: number): { readonly pairsPerSecond: number; readonly pairs: number } {
  return runJson(process.execPath, [join(peersFolder, 'js-rouge-rate.mjs'), prepareJsRouge(), path, `${seconds}`])
}

export function measureMinhash(
  { path }: CorpusFile,
  jaccard: number,
): { readonly seconds: number; readonly cpuSeconds: number; readonly kept: readonly number[] } {
  return runJson(preparePython(), [join(peersFolder, 'minhash_filter.py'), path, `${jaccard}`])
}

function runJson<T>(command: string, args: readonly string[]): T {
  const done = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 1 << 30, stdio: ['ignore', 'pipe', 'inherit'] })
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed (exit ${done.status ?? done.signal}).`)
  return JSON.parse(done.stdout) as T
}
