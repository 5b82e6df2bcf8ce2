import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { RunConfig } from '@sedi/spec'
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

/** Puts tasks that were sent into a file named after what is in it, so that a configuration can name them. */
function writeTasks(folder: string, tasks: readonly z.output<typeof taskSchema>[]): string {
  const text = `${tasks.map((task) => JSON.stringify(task)).join('\n')}\n`
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

type Written = Readonly<Record<string, unknown>>

/** For a run: the files stay, because its configuration names them. */
export const keepSentTasks = (config: Written, sent: SentTasks, stateFolder: string): Written => withTasksIn(join(stateFolder, 'inputs'), config, sent)

/** For a look at what a run would be: the files are there until it has been taken. */
export async function lookWithSentTasks<T>(config: Written, sent: SentTasks, stateFolder: string, look: (config: Written) => Promise<T>): Promise<T> {
  if (sent.seeds === undefined && sent.heldOut === undefined) return look(config)
  mkdirSync(stateFolder, { recursive: true })
  const folder = mkdtempSync(join(stateFolder, 'plan-'))
  try {
    return await look(withTasksIn(folder, config, sent))
  } finally {
    rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
  }
}

function withTasksIn(folder: string, config: Written, { seeds, heldOut }: SentTasks): Written {
  const { evaluation } = config as { readonly evaluation?: object }
  return {
    ...config,
    ...(seeds === undefined ? {} : { seeds: writeTasks(folder, seeds) }),
    ...(heldOut === undefined ? {} : { evaluation: { ...evaluation, heldOut: writeTasks(folder, heldOut) } }),
  }
}

/** As it is shown to who sent the tasks: they know no file of them. */
export function withoutTaskFiles({ seeds, evaluation, ...config }: Omit<RunConfig, 'store'>, sent: SentTasks): object {
  const { heldOut: _, ...withoutHeldOut } = evaluation
  return { ...config, ...(sent.seeds === undefined ? { seeds } : {}), evaluation: sent.heldOut === undefined ? evaluation : withoutHeldOut }
}
