import type { SeedTask, Task, Verification } from '@sedi/spec'
import { checkTask } from './check.ts'
import type { FillerSetting } from './filler-settings.ts'
import { compileFillers, type Fillers } from './fillers.ts'
import type { Kind } from './kind.ts'
import { createRecogniser, type Recogniser } from './recognise.ts'

export type FamilyKind = Kind & { readonly family: string }

/** What there is to ask, how people put it, and who knows the answers. Teachers differ within a universe. */
export interface Universe extends Recogniser {
  readonly id: string
  /** Every kind of task, family by family. */
  readonly kinds: readonly FamilyKind[]
  /** Throws RangeError for a name that is none of the kinds'. */
  kindById(id: string): FamilyKind
  /** Human seeds, four of every kind, all answers right. */
  readonly seedTasks: readonly SeedTask[]
  readonly fillers: Fillers
  /** Says whether a task's answer is right, from its text alone; `unknown` when it is no task of this universe. */
  check(task: Task): Verification
}

export type UniverseDefinition = {
  readonly id: string
  readonly families: Readonly<Record<string, readonly Kind[]>>
  /** What people say around a question, by family; the first setting is the most common one. */
  readonly fillerSettings: Readonly<Record<string, readonly FillerSetting[]>>
  /** Instruction, input ('' for none), output. */
  readonly humanSeeds: readonly (readonly [instruction: string, input: string, output: string])[]
}

/** One file in `universes/` exports one of these; its id is the file's name. */
export function createUniverse({ id, families, fillerSettings, humanSeeds }: UniverseDefinition): Universe {
  const kinds = Object.entries(families).flatMap(([family, members]) => members.map((kind): FamilyKind => ({ ...kind, family })))
  const recogniser = createRecogniser(kinds)
  return {
    id,
    kinds,
    kindById(name) {
      const kind = kinds.find((each) => each.id === name)
      if (kind === undefined) throw new RangeError(`no kind of task named ${name}; there are ${kinds.map((each) => each.id).join(', ')}`)
      return kind
    },
    seedTasks: humanSeeds.map(([instruction, input, output], i) => {
      return { id: `seed-${String(i + 1).padStart(3, '0')}`, origin: 'human', instruction, input, output }
    }),
    fillers: compileFillers(fillerSettings),
    ...recogniser,
    check: (task) => checkTask(task, recogniser),
  }
}
