import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as z from 'zod'

/** A task in a request; as in a file of seeds, other fields are kept. */
export const taskSchema = z
  .looseObject({
    id: z.string().min(1).max(200).optional(),
    instruction: z.string().min(1),
    input: z.string().default(''),
    output: z.string(),
    group: z.string().optional(),
  })
  .meta({ id: 'Task' })

/** Puts tasks that were sent into a file named after what is in it, so that the configuration of a run can name them. */
function keepTasks(stateFolder: string, tasks: readonly z.output<typeof taskSchema>[]): string {
  const text = `${tasks.map((task) => JSON.stringify(task)).join('\n')}\n`
  const folder = join(stateFolder, 'inputs')
  const file = join(folder, `${createHash('sha256').update(text).digest('hex').slice(0, 32)}.jsonl`)
  if (existsSync(file)) return file
  mkdirSync(folder, { recursive: true })
  const unfinished = `${file}.${process.pid}`
  writeFileSync(unfinished, text)
  renameSync(unfinished, file)
  return file
}

/** Seeds and a test set that were sent along with a configuration, in place of the files that it would name. */
export type SentTasks = {
  readonly seeds?: readonly z.output<typeof taskSchema>[] | undefined
  readonly heldOut?: readonly z.output<typeof taskSchema>[] | undefined
}

export function withSentTasks(config: Readonly<Record<string, unknown>>, { seeds, heldOut }: SentTasks, stateFolder: string): Record<string, unknown> {
  const { evaluation } = config as { readonly evaluation?: object }
  return {
    ...config,
    ...(seeds === undefined ? {} : { seeds: keepTasks(stateFolder, seeds) }),
    ...(heldOut === undefined ? {} : { evaluation: { ...evaluation, heldOut: keepTasks(stateFolder, heldOut) } }),
  }
}
