import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { SediError } from '@sedi/spec'
import * as z from 'zod'

/** One metric of one task, as lm_eval reports it. */
export type HarnessMetric = {
  readonly task: string
  /** `acc`, `exact_match`; with the filter where there is one: `exact_match,flexible-extract`. */
  readonly metric: string
  readonly value: number
  /** null where lm_eval gives none. */
  readonly standardError: number | null
  readonly higherIsBetter: boolean
}

/** One question's score: what our evaluations record. */
export type HarnessScore = {
  readonly task: string
  readonly metric: string
  /** The question's own id where it has one, else its number: unique within the task. */
  readonly itemId: string
  /** Of a list of verdicts (IFEval's instructions), the share that is true. */
  readonly value: number
}

export type HarnessItem = { readonly task: string; readonly itemId: string; readonly prompt: string; readonly target: string; readonly answer: string | null }

export type HarnessResults = {
  readonly file: string
  readonly metrics: readonly HarnessMetric[]
  readonly items: readonly HarnessItem[]
  readonly scores: readonly HarnessScore[]
}

const resultsSchema = z.object({
  results: z.record(z.string(), z.record(z.string(), z.unknown())),
  higher_is_better: z.record(z.string(), z.record(z.string(), z.boolean().nullable())).default({}),
})

const sampleSchema = z.object({
  doc_id: z.int(),
  doc: z.record(z.string(), z.unknown()).default({}),
  target: z.unknown(),
  arguments: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
  filtered_resps: z.array(z.unknown()).default([]),
  filter: z.string().default('none'),
  metrics: z.array(z.string()).default([]),
})

/**
 * Reads what `lm_eval run --output_path … --log_samples` has left in a folder: the latest results and the samples that belong to them.
 *
 * lm_eval only warns when it cannot write, so that nothing is there is an error here: `not-found`. `invalid-input` when a file is not as
 * version 0.4.13 writes it, when a task has no samples, or when a value is no number.
 */
export function readHarnessResults(folder: string): HarnessResults {
  const file = latest(folder, /^results_.*\.json$/)
  if (file === undefined)
    throw new SediError('not-found', `There are no results of lm_eval in ${folder}: expected a file results_<time>.json. What it printed says why.`)
  const read = resultsSchema.safeParse(parse(file, readFileSync(file, 'utf8')))
  if (!read.success) throw new SediError('invalid-input', `${file} is not as lm_eval 0.4.13 writes results: ${z.prettifyError(read.error)}`)
  const metrics = Object.entries(read.data.results).flatMap(([task, values]) => metricsOf(task, values, read.data.higher_is_better[task] ?? {}))
  const samples = samplesOf(file)
  return { file, metrics, items: samples.flatMap(({ item }) => item), scores: samples.flatMap(({ scores }) => scores) }
}

function metricsOf(task: string, values: Readonly<Record<string, unknown>>, better: Readonly<Record<string, boolean | null>>): HarnessMetric[] {
  return Object.entries(values).flatMap(([key, value]) => {
    const [name, filter] = key.split(',') as [string, string | undefined]
    if (filter === undefined || name.endsWith('_stderr') || typeof value !== 'number') return []
    const error = values[`${name}_stderr,${filter}`]
    return [{ task, metric: withFilter(name, filter), value, standardError: typeof error === 'number' ? error : null, higherIsBetter: better[name] ?? true }]
  })
}

const withFilter = (metric: string, filter: string): string => (filter === 'none' ? metric : `${metric},${filter}`)

type Sampled = { readonly item: readonly HarnessItem[]; readonly scores: readonly HarnessScore[] }

function samplesOf(resultsFile: string): Sampled[] {
  const at = Math.max(resultsFile.lastIndexOf('/'), resultsFile.lastIndexOf('\\'))
  const [folder, name] = [resultsFile.slice(0, at), resultsFile.slice(at + 1)]
  const time = name.slice('results_'.length, -'.json'.length)
  const files = readdirSync(folder).filter((one) => one.startsWith('samples_') && one.endsWith(`_${time}.jsonl`))
  if (files.length === 0) throw new SediError('invalid-input', `There are no samples beside ${resultsFile}: run lm_eval with --log_samples.`)
  return files.sort().flatMap((one) => readSamples(join(folder, one), one.slice('samples_'.length, -`_${time}.jsonl`.length)))
}

function readSamples(file: string, task: string): Sampled[] {
  const known = new Set<string>()
  const rows = readFileSync(file, 'utf8')
    .split('\n')
    .filter((line) => line !== '')
  return rows.map((line, i) => {
    const where = `${file}:${i + 1}`
    const raw = parse(where, line)
    const read = sampleSchema.safeParse(raw)
    if (!read.success) throw new SediError('invalid-input', `${where} is not as lm_eval 0.4.13 writes samples: ${z.prettifyError(read.error)}`)
    const { doc_id, doc, target, filter, metrics, filtered_resps: answers } = read.data
    const itemId = typeof doc.id === 'string' || typeof doc.id === 'number' ? String(doc.id) : String(doc_id)
    // One row for each filter: the question is the same.
    const isNew = !known.has(itemId)
    known.add(itemId)
    const prompt = Object.values(read.data.arguments)[0]?.arg_0
    const answer = answers.length === 1 && typeof answers[0] === 'string' ? answers[0] : null
    const item = { task, itemId, prompt: typeof prompt === 'string' ? prompt : '', target: String(target), answer }
    const scores = metrics.map((metric) => ({
      task,
      metric: withFilter(metric, filter),
      itemId,
      value: numberFrom((raw as Record<string, unknown>)[metric], metric, where),
    }))
    return { item: isNew ? [item] : [], scores }
  })
}

function numberFrom(value: unknown, metric: string, where: string): number {
  if (typeof value === 'boolean') return Number(value)
  if (typeof value === 'number' && Number.isFinite(value)) return value
  if (Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'boolean')) return value.filter(Boolean).length / value.length
  throw new SediError('invalid-input', `${where}: expected a number as ${metric}, got ${JSON.stringify(value)}.`)
}

function parse(where: string, text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new SediError('invalid-input', `${where} is no JSON: ${(error as Error).message}.`, { cause: error })
  }
}

/** The newest one by its name, which is a time. */
function latest(folder: string, pattern: RegExp): string | undefined {
  if (!existsSync(folder)) return undefined
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile() && pattern.test(entry.name))
  const [newest] = files.sort((a, b) => (a.name < b.name ? 1 : -1))
  return newest === undefined ? undefined : join(newest.parentPath, newest.name)
}
