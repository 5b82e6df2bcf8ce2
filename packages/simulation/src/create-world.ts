import { createRng } from '@sedi/core'
import type { HeldOutItem, SeedTask, Task, Verification } from '@sedi/spec'
import { cleanTask, nobodysFillers } from './clean-task.ts'
import { createTeacher, type TeachReply, type TeachRequest } from './teacher/teach.ts'
import { completeSettings, type TeacherSettings } from './teacher/teacher-settings.ts'
import type { Universe } from './universe.ts'
import { universes } from './universes/registry.gen.ts'

/** A closed world of small tasks, with someone who writes them and someone who knows the answers. Everything is pure. */
export interface World {
  readonly kinds: readonly { readonly id: string; readonly family: string }[]
  /** Human seeds, four of every kind, all answers right. */
  readonly seedTasks: readonly SeedTask[]
  /** A test set, `perKind` items of every kind, in wordings and with operands that occur nowhere else. Group = kind id. */
  heldOut(options: { readonly perKind: number; readonly randomSeed: number }): HeldOutItem[]
  /** Clean training tasks, uniform over the kinds given; never in reserved wordings or with reserved operands. */
  examples(options: { readonly kinds: readonly string[]; readonly count: number; readonly randomSeed: number }): Task[]
  /** Whether the task's answer is right; `unknown` for a text of no known kind. */
  check(task: Task): Verification
  kindOf(task: { readonly instruction: string; readonly input: string }): { readonly id: string; readonly family: string } | undefined
  /** The teacher's reply to a prompt: a pure function of (world seed, settings, messages, request seed). Never throws, whatever the text. */
  teach(request: TeachRequest): TeachReply
}

export type UniverseId = keyof typeof universes

export type WorldOptions = { readonly universe?: UniverseId | undefined; readonly worldSeed?: number | undefined } & {
  readonly [Name in keyof TeacherSettings]?: number | undefined
}

/**
 * @param options.universe What there is to ask: its kinds, human seeds, checker and test split. @default 'everyday'
 * @param options.worldSeed Which teacher: its favourite kinds, wordings, operands and phrases. @default 1
 */
export function createWorld({ universe: id = 'everyday', worldSeed = 1, ...options }: WorldOptions = {}): World {
  const universe: Universe | undefined = universes[id]
  if (universe === undefined) throw new RangeError(`createWorld: expected universe ${Object.keys(universes).join(' or ')}, got ${id}`)
  return {
    kinds: universe.kinds.map(({ id: kind, family }) => ({ id: kind, family })),
    seedTasks: universe.seedTasks,
    heldOut: (wanted) => heldOut(universe, wanted),
    examples: (wanted) => examples(universe, wanted),
    check: universe.check,
    kindOf(task) {
      const kind = universe.recognise(task)?.kind
      return kind === undefined ? undefined : { id: kind.id, family: kind.family }
    },
    teach: createTeacher(universe, worldSeed, completeSettings(options)),
  }
}

function heldOut({ kinds, fillers }: Universe, { perKind, randomSeed }: { readonly perKind: number; readonly randomSeed: number }): HeldOutItem[] {
  const source = nobodysFillers(fillers)
  return kinds.flatMap((kind) => {
    const rng = createRng(randomSeed, 'held-out', kind.id)
    const seen = new Set<string>()
    const items: HeldOutItem[] = []
    for (let tries = 0; items.length < perKind && tries < perKind * 50; tries++) {
      const { instruction, input, output } = cleanTask(kind, source, rng, true)
      if (seen.has(`${instruction}\n${input}`)) continue
      seen.add(`${instruction}\n${input}`)
      items.push({ id: `test-${kind.id}-${String(items.length + 1).padStart(2, '0')}`, instruction, input, reference: output, group: kind.id })
    }
    return items
  })
}

type ExamplesWanted = { readonly kinds: readonly string[]; readonly count: number; readonly randomSeed: number }

function examples({ kindById, fillers }: Universe, { kinds: ids, count, randomSeed }: ExamplesWanted): Task[] {
  const source = nobodysFillers(fillers)
  const wanted = ids.map(kindById)
  const rng = createRng(randomSeed, 'examples')
  return Array.from({ length: count }, () => cleanTask(rng.pick(wanted), source, rng, false))
}
