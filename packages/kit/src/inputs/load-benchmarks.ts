import { createHash } from 'node:crypto'
import { createReadStream } from 'node:fs'
import { basename } from 'node:path'
import { pipeline } from 'node:stream/promises'
import type { BenchmarkItem } from '@sedi/pipeline'
import { type Benchmark, type Issue, issuesError, SediError } from '@sedi/spec'
import { readRows } from '@sedi/store'

type BenchmarkFile = Exclude<Benchmark, string>

const asFile = (benchmark: Benchmark): BenchmarkFile => (typeof benchmark === 'string' ? { file: benchmark } : benchmark)

/** Notes what each file's content hashes to, so that a run is never carried on against another one. Throws `not-found`, or `invalid-input` when a hash is given and differs. */
export async function pinBenchmarks(benchmarks: readonly Benchmark[]): Promise<BenchmarkFile[]> {
  return Promise.all(benchmarks.map(asFile).map(async (benchmark) => ({ ...benchmark, sha256: await checkedHash(benchmark) })))
}

/** The questions of benchmark files, in order. Every broken row is reported; a benchmark must be whole, or what leaks from the rest goes unseen. */
export async function loadBenchmarks(benchmarks: readonly Benchmark[]): Promise<BenchmarkItem[]> {
  const items: BenchmarkItem[] = []
  const issues: Issue[] = []
  for (const benchmark of benchmarks.map(asFile)) {
    const { file, field } = benchmark
    if (benchmark.sha256 !== undefined) await checkedHash(benchmark)
    let rows = 0
    for await (const row of readRows(file)) {
      rows++
      const text = 'problem' in row ? row : questionOf(row.value, field)
      if (typeof text === 'string') items.push({ place: `${basename(file)}:${row.line}`, text })
      else issues.push({ path: `${file}:${row.line}`, code: 'broken-row', message: text.problem })
    }
    if (rows === 0) issues.push({ path: file, code: 'empty', message: 'expected at least one row' })
  }
  if (issues.length > 0) throw issuesError('invalid-input', 'The benchmarks cannot be used as they are:', issues)
  return items
}

async function checkedHash({ file, sha256 }: BenchmarkFile): Promise<string> {
  const hash = createHash('sha256')
  try {
    await pipeline(createReadStream(file), hash)
  } catch (cause) {
    throw new SediError('not-found', `Cannot read the benchmark ${file}: ${(cause as Error).message}.`, { cause })
  }
  const found = hash.digest('hex')
  if (sha256 === undefined || sha256 === found) return found
  throw new SediError(
    'invalid-input',
    `The benchmark ${file} is not what it was: its SHA-256 should be ${sha256}, it is ${found}. Bring the old content back, or start a new run.`,
  )
}

const questionFields = ['question', 'prompt', 'problem', 'query', 'text'] as const

/** The question of a record of any of the usual shapes: a named field, instruction and input, the first user message, else the first text of `questionFields`. */
function questionOf(record: unknown, field: string | undefined): string | { readonly problem: string } {
  if (typeof record !== 'object' || record === null || Array.isArray(record)) return { problem: 'expected an object' }
  const fields = record as Readonly<Record<string, unknown>>
  const text = field === undefined ? usualQuestion(fields) : fields[field]
  if (typeof text === 'string' && text.trim() !== '') return text
  return {
    problem:
      field === undefined
        ? `expected a text in instruction, messages, ${questionFields.join(', ')}; name another field with { file, field }`
        : `expected a text in “${field}”`,
  }
}

function usualQuestion(fields: Readonly<Record<string, unknown>>): unknown {
  const { instruction, messages, instances } = fields
  const input = Array.isArray(instances) ? (instances[0] as { input?: unknown } | undefined)?.input : fields.input
  if (typeof instruction === 'string') return typeof input === 'string' && input !== '' ? `${instruction}\n${input}` : instruction
  if (Array.isArray(messages)) return (messages as ({ role?: unknown; content?: unknown } | null)[]).find((message) => message?.role === 'user')?.content
  return questionFields.map((name) => fields[name]).find((value) => typeof value === 'string')
}
