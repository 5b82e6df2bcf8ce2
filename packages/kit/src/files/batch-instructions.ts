import { composers, type TokenizerName, tokenizers } from '@sedi/core'
import { composePool, type PoolToCompose } from '@sedi/pipeline'
import { batchesSchema, type Embedder, type Issue, issuesError, type Ledger, type RunConfig, SediError, type Task } from '@sedi/spec'
import { taskOfRecord } from '@sedi/store'
import { embedderDefinition } from '../adapters.ts'
import { readTexts } from '../inputs/read-texts.ts'

type BatchSettings = RunConfig['batches']

/** The keys of `batches` in a run's configuration, and what a run has elsewhere. */
export type BatchOptions = { readonly [Key in keyof BatchSettings]?: BatchSettings[Key] | undefined } & {
  /** Passes over the instructions. @default 1 */
  readonly epochs?: number | undefined
  /** How texts are split into words. @default 'rouge' */
  readonly tokenizer?: TokenizerName | undefined
  /** An embedder that runs here. @default 'lexical' */
  readonly embedder?: string | undefined
  /** @default 1 */
  readonly randomSeed?: number | undefined
  /** Rows without an answer count as broken, because they are to be trained on. @default false */
  readonly withAnswers?: boolean | undefined
}

export type BatchedInstructions = {
  /** What was batched, in input order. A row without an answer is undefined in `task`. */
  readonly rows: readonly { readonly id: string; readonly instruction: string; readonly task: Task | undefined }[]
  readonly batches: readonly InstructionBatch[]
  readonly settings: BatchSettings
  readonly composed: BatchFigures
  /** The same instructions in batches of the same sizes, in random order. */
  readonly random: BatchFigures
  /** Ids any two of which conflict, more than there are batches in an epoch: why some conflicts could not be avoided. */
  readonly conflictWitness: readonly string[] | undefined
  /** Rows that could not be read, left out. */
  readonly issues: readonly Issue[]
}

export type InstructionBatch = {
  /** Places in `rows`. */
  readonly indices: readonly number[]
  readonly ids: readonly string[]
  readonly epoch: number
  readonly diversity: number | null
  readonly conflicts: number
}

export type BatchFigures = {
  /** Mean over batches of 1 − mean ROUGE-L F over all pairs; null when no batch has two rows. */
  readonly diversity: number | null
  /** Mean pairs of a batch that are above the conflict threshold. */
  readonly conflictsPerBatch: number
}

type Rows = BatchedInstructions['rows'][number][]

/**
 * Composes batches of a data file, or of what a run kept, as the first round of a run would with the same settings and random seed.
 *
 * Throws `invalid-config` for settings that cannot be, `invalid-input` for two rows of one id or nothing to batch. Cost: that of composing,
 * and for the comparison with random order once more O(B²) per batch.
 */
export async function batchInstructions(
  source: { readonly file: string } | { readonly ledger: Ledger },
  options: BatchOptions = {},
): Promise<BatchedInstructions> {
  const settings = settingsOf(options)
  const { epochs = 1, tokenizer = 'rouge', randomSeed = 1, withAnswers = false } = options
  if (!(epochs > 0)) throw new SediError('invalid-config', `--epochs: expected a number above 0, got ${epochs}.`)
  if (!(tokenizer in tokenizers)) throw new SediError('invalid-config', `--tokenizer: expected one of ${Object.keys(tokenizers).join(', ')}; got ${tokenizer}.`)
  const embedder = await openEmbedder(options.embedder ?? 'lexical')
  const issues: Issue[] = []
  const rows = 'file' in source ? await readRowsOf(source.file, withAnswers, issues) : await keptOf(source.ledger)
  if (rows.length === 0)
    throw new SediError(
      'invalid-input',
      `There is nothing to batch: expected at least one ${withAnswers ? 'row with an instruction and an output' : 'instruction'}.`,
    )

  const pool: PoolToCompose = { texts: rows.map(({ instruction }) => instruction), settings, epochs, tokenizer, embedder, randomSeed, round: 1 }
  const composed = await composePool(pool)
  const random = await composePool({ ...pool, settings: { ...settings, composer: 'random', conflictLimit: undefined } })
  return {
    rows,
    batches: composed.batches.map((batch) => ({ ...batch, ids: batch.indices.map((at) => rows[at]!.id) })),
    settings,
    composed: figuresOf(composed.batches),
    random: figuresOf(random.batches),
    conflictWitness: composed.conflictWitness?.map((at) => rows[at]!.id),
    issues,
  }
}

function settingsOf({ epochs: _e, tokenizer: _t, embedder: _m, randomSeed: _r, withAnswers: _w, ...given }: BatchOptions): BatchSettings {
  const parsed = batchesSchema.safeParse(given)
  if (!parsed.success) {
    const issues = parsed.error.issues.map(({ path, code, message }) => ({ path: `batches.${path.join('.')}`, code, message }))
    throw issuesError('invalid-config', 'Batches cannot be composed with these settings:', issues)
  }
  if (!(parsed.data.composer in composers))
    throw new SediError('invalid-config', `--composer: expected one of ${Object.keys(composers).join(', ')}; got ${parsed.data.composer}.`)
  return parsed.data
}

async function openEmbedder(id: string): Promise<Embedder> {
  const definition = embedderDefinition(id)
  const options = definition.options.safeParse({})
  const embedder = options.success ? await definition.createEmbedder(options.data, { credentials: {}, timeoutMs: 60_000 }).catch(refuse) : refuse()
  return embedder.bought === true ? refuse() : embedder

  function refuse(cause?: unknown): never {
    if (SediError.is(cause, 'missing-dependency')) throw cause
    throw new SediError(
      'invalid-config',
      `--embedder: ${id} needs options or charges for its calls, which only a run can account for. Use lexical or word-parts.`,
      { cause },
    )
  }
}

async function readRowsOf(file: string, withAnswers: boolean, issues: Issue[]): Promise<Rows> {
  const rows: Rows = []
  const lineOfId = new Map<string, number>()
  for await (const { text: instruction, line, record } of readTexts(file, 'instruction', issues)) {
    const read = taskOfRecord(record)
    if (withAnswers && 'problem' in read) {
      issues.push({ path: `${file}:${line}`, code: 'broken-row', message: read.problem })
      continue
    }
    const id = idOf(record, line)
    const before = lineOfId.get(id)
    if (before !== undefined)
      throw new SediError(
        'invalid-input',
        `${file}:${line}: the id “${id}” is used in line ${before} already. Batches name rows by id: give each row its own, or none.`,
      )
    lineOfId.set(id, line)
    rows.push({ id, instruction, task: 'task' in read ? read.task : undefined })
  }
  return rows
}

function idOf(record: object, line: number): string {
  const { id } = record as { readonly id?: unknown }
  return (typeof id === 'string' && id !== '') || typeof id === 'number' ? String(id) : `line-${line}`
}

async function keptOf(ledger: Ledger): Promise<Rows> {
  const rows: Rows = []
  for await (const { id, instruction, input, output } of ledger.scan('candidate', { verdict: 'kept' })) {
    rows.push({ id, instruction, task: { instruction, input, output } })
  }
  return rows
}

function figuresOf(batches: readonly { readonly diversity: number | null; readonly conflicts: number }[]): BatchFigures {
  const diversities = batches.flatMap(({ diversity }) => diversity ?? [])
  const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length
  return { diversity: diversities.length === 0 ? null : mean(diversities), conflictsPerBatch: mean(batches.map(({ conflicts }) => conflicts)) }
}
