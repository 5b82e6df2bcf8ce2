import { stringify } from 'yaml'

/** A row to train on. */
export type ExportRow = { readonly id: string; readonly prompt: string; readonly completion: string }

export type ExportInput = {
  /** In input order, ids unique. */
  readonly rows: readonly ExportRow[]
  /** Places in `rows`, one list per optimiser step, in order; lengths from 1 to `batchSize`. */
  readonly batches: readonly (readonly number[])[]
  readonly batchSize: number
  /** Divides `batchSize`. */
  readonly rowsPerDevice: number
  /** The model's name or folder, as the trainer takes it. */
  readonly baseModel: string
}

/** A file beside the data: text, or rows that become JSON lines. */
export type ExportFile = { readonly name: string } & ({ readonly text: string } | { readonly rows: Iterable<object> })

export type TrainerExport = {
  readonly files: readonly ExportFile[]
  /** What to type, in the folder. */
  readonly command: string
  /** Batches that stand in the files, in the composed order. */
  readonly batches: readonly (readonly number[])[]
  /** Whether the trainer takes exactly these batches, in this order, with these settings. */
  readonly keepsBatches: boolean
  /** Sentences for people: what is kept and by which setting. */
  readonly keeps: readonly string[]
  /** Sentences for people: what this trainer does with the batches, or cannot do, whatever the settings. */
  readonly cannotKeep: readonly string[]
  /** Whether the files were tried with the trainer itself. */
  readonly tried: boolean
  /** Sentences for people: from what the settings were taken and what was tried. */
  readonly checked: string
}

/** One file in `exporters/` exports one of these; `id` is the file's name. Pure: nothing is written here. */
export type BatchExporter = {
  readonly id: string
  readonly title: string
  export(input: ExportInput): TrainerExport
}

/** OpenAI's form of a conversation, which all trainers here read. */
export const asMessages = ({ id, prompt, completion }: ExportRow): object => ({
  id,
  messages: [
    { role: 'user', content: prompt },
    { role: 'assistant', content: completion },
  ],
})

/**
 * For a trainer that reads rows one after another and cuts them into batches itself: a shorter batch would move every later row into another
 * batch. Only the very last one may be shorter, and not even that when the trainer drops a rest.
 */
export function batchesToCut({ batches, batchSize }: ExportInput, { shortLast }: { readonly shortLast: boolean }): (readonly number[])[] {
  return batches.filter((batch, i) => batch.length === batchSize || (shortLast && i === batches.length - 1))
}

/** Rows in the order they are trained on; a row comes as often as the batches have it. */
export function* rowsInOrder({ rows }: ExportInput, batches: readonly (readonly number[])[]): Generator<object> {
  for (const batch of batches) for (const at of batch) yield asMessages(rows[at]!)
}

/** Said by every trainer that multiplies its batch out of three numbers. */
export const severalProcesses = (rowsPerDevice: string, accumulation: string): string =>
  `With several processes, divide ${accumulation} by their number: ${rowsPerDevice} × ${accumulation} × processes must stay the batch size.`

/** One YAML document: what people choose, then what holds the batches together. */
export const settingsFile = (own: object, fixed: object): string =>
  `# Yours to choose.\n${stringify(own)}\n# Without these the batches change: see README.md.\n${stringify(fixed)}`
