import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { SediError, studentPrompt } from '@sedi/spec'
import { withRowWriter } from '@sedi/store'
import type { BatchExporter, TrainerExport } from '../exporters/exporter.ts'
import { exporters } from '../exporters/registry.gen.ts'
import type { BatchedInstructions } from './batch-instructions.ts'

export type ExportOptions = {
  /** Whose files: an exporter's id. */
  readonly trainer: string
  /** Made when it is not there; files of the same names are replaced, others left. */
  readonly folder: string
  /** Must divide the batch size. @default the largest such number up to 8 */
  readonly rowsPerDevice?: number | undefined
  /** @default a placeholder */
  readonly baseModel?: string | undefined
}

export type ExportedBatches = Omit<TrainerExport, 'files' | 'batches'> & {
  readonly trainer: string
  readonly folder: string
  readonly files: readonly string[]
  readonly rowsPerDevice: number
  readonly batches: number
  /** Batches that this trainer cannot take as they are, and their rows. */
  readonly leftOut: { readonly batches: number; readonly rows: number }
}

/** For options of commands. */
export const exporterNames: readonly string[] = Object.keys(exporters)

const placeholder = 'path/to/your-base-model'

/**
 * Writes batches as files for a trainer elsewhere: data in the composed order, the settings that keep it, and a README that says what is kept
 * and what is not. Throws `invalid-config` for what cannot be exported, `storage` when a file cannot be written.
 */
export async function exportBatches(batched: BatchedInstructions, { trainer, folder, ...options }: ExportOptions): Promise<ExportedBatches> {
  const exporter = exporters[trainer as keyof typeof exporters] as BatchExporter | undefined
  if (exporter === undefined) throw new SediError('invalid-config', `--for: expected one of ${exporterNames.join(', ')}; got ${trainer}.`)
  const { size } = batched.settings
  const rowsPerDevice = options.rowsPerDevice ?? largestDivisor(size, 8)
  if (!Number.isInteger(rowsPerDevice) || rowsPerDevice < 1 || size % rowsPerDevice !== 0)
    throw new SediError('invalid-config', `--rows-per-device: expected a number that divides the batch size of ${size}, got ${rowsPerDevice}.`)
  const rows = batched.rows.map(({ id, task }) => {
    if (task === undefined) throw new SediError('invalid-input', `The row ${id} has no answer, so there is nothing to train on.`)
    return { id, prompt: studentPrompt(task), completion: task.output }
  })
  const composed = batched.batches.map(({ indices }) => indices)
  const { files, batches, ...notes } = exporter.export({
    rows,
    batches: composed,
    batchSize: size,
    rowsPerDevice,
    baseModel: options.baseModel ?? placeholder,
  })
  if (batches.length === 0)
    throw new SediError('invalid-input', `${exporter.title} can take none of these batches: none has ${size} rows. Compose smaller ones (--size).`)
  const missing = composed.filter((batch) => !batches.includes(batch))
  const leftOut = { batches: missing.length, rows: missing.reduce((sum, { length }) => sum + length, 0) }
  const exported = {
    trainer,
    folder,
    files: [...files.map(({ name }) => name), 'README.md'],
    rowsPerDevice,
    batches: batches.length,
    leftOut,
    ...notes,
  }
  await mkdir(folder, { recursive: true }).catch(cannotWrite(folder))
  for (const file of files) {
    const path = join(folder, file.name)
    if ('text' in file) {
      await writeFile(path, file.text).catch(cannotWrite(path))
      continue
    }
    await withRowWriter(path, async (write) => {
      for (const row of file.rows) await write(row)
    })
  }
  const readme = join(folder, 'README.md')
  await writeFile(readme, readmeOf(exporter, exported, size)).catch(cannotWrite(readme))
  return exported
}

const cannotWrite = (path: string) => (cause: Error) => {
  throw new SediError('storage', `Cannot write ${path}: ${cause.message}.`, { cause })
}

function largestDivisor(of: number, upTo: number): number {
  let divisor = Math.min(of, upTo)
  while (of % divisor !== 0) divisor--
  return divisor
}

function readmeOf(
  { title }: BatchExporter,
  { batches, leftOut, command, keepsBatches, keeps, cannotKeep, tried, checked, rowsPerDevice }: ExportedBatches,
  size: number,
): string {
  const list = (sentences: readonly string[]): string => sentences.map((sentence) => `- ${sentence}`).join('\n')
  const left = leftOut.batches === 0 ? 'None was left out.' : `Left out, for being shorter: ${leftOut.batches}, with ${leftOut.rows} rows in them (see below).`
  return `# Batches for ${title}

${batches} batches of ${size} rows, ${rowsPerDevice} of them per device and pass. ${left}
${keepsBatches ? `With these settings the trainer takes exactly these batches, in this order${tried ? '' : ', by its source code: it was not run'}.` : '**This trainer does not keep the batches.** What it does instead is below.'}

\`\`\`sh
${command}
\`\`\`

Put your model where these files say \`${placeholder}\`.

## What is kept, and by what

${list(keeps)}

## What this trainer cannot keep

${list(cannotKeep)}

## How this was checked

${checked}
`
}
