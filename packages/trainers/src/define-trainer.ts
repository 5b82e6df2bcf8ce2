import type { Credential, Trainer, TrainerCapabilities } from '@sedi/spec'
import type * as z from 'zod'

export type TrainerContext = {
  /** A folder of this run's own, for checkpoints and job files. It exists. */
  readonly folder: string
  /** Found for `credentials`, by option name. */
  readonly credentials?: Readonly<Record<string, string>> | undefined
  /** Told what a person should know while a job goes on. */
  readonly onNotice?: ((message: string) => void) | undefined
}

export type SetUpOptions = {
  /** An interpreter of Python 3.10 or newer to begin with, for back ends in Python. */
  readonly python?: string | undefined
  /** Also what QLoRA needs. */
  readonly qlora?: boolean | undefined
  /** A line of what is going on. */
  readonly onOutput: (line: string) => void
}

/** One file in `backends/` exports one of these; `id` is the file's name. */
export type TrainerDefinition<Options extends z.ZodObject = z.ZodObject> = {
  readonly id: string
  /** One line for the docs table. */
  readonly title: string
  /** The back end's own config keys, merged into `trainer`. Strict. */
  readonly options: Options
  /** Optional peer dependencies, imported on first use. */
  readonly dependencies: Readonly<Record<string, string>>
  /** Keys it needs. @default none */
  readonly credentials?: readonly Credential[]
  /** What a plan should say about it: what it bills, what it does not keep. */
  notes?(options: z.output<Options>): readonly string[]
  /** Known without starting anything, so that a plan can be checked before money is spent. */
  readonly capabilities: TrainerCapabilities
  /** Where the configuration says what the back end can do; `capabilities` are then those of the default. */
  capabilitiesOf?(options: z.output<Options>): TrainerCapabilities
  /** Makes what the back end needs beside npm packages; does nothing when it is there. Behind `sedi trainer setup <id>`. */
  setUp?(options: SetUpOptions): Promise<string>
  createTrainer(options: z.output<Options>, context: TrainerContext): Promise<Trainer>
}

export function defineTrainer<Options extends z.ZodObject>(definition: TrainerDefinition<Options>): TrainerDefinition<Options> {
  return definition
}
