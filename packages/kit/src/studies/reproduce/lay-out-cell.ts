import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createRng } from '@sedi/core'
import { createWorld, type TeacherSettings, type World } from '@sedi/simulation'
import type { HeldOutItem, RunConfig } from '@sedi/spec'
import { mergeConfig } from '../../config/merge.ts'
import { parseConfig, type RawConfig } from '../../config/parse-config.ts'
import type { Cell, Study } from './study.ts'

/** Each replicate has a teacher of its own, of its world’s kind. */
export const worldOf = ({ world, arm, replicate }: Cell): World => createWorld({ universe: world.universe, worldSeed: replicate, ...teacherOf({ world, arm }) })

const teacherOf = ({ world, arm }: Pick<Cell, 'world' | 'arm'>): Partial<TeacherSettings> => ({ ...world.teacher, ...arm.teacher })

export const baseFile = (name: string): string => fileURLToPath(new URL(`../../../assets/${name}.safetensors`, import.meta.url))

/** The same test for all replicates and worlds of a universe: an item that is odd is odd everywhere. */
export const testOf = (world: World, perKind: number): HeldOutItem[] => world.heldOut({ perKind, randomSeed: 1 })

/** Where the runs of a study are; the cell’s id is the run’s name. */
const cellStore = (folder: string): string => join(folder, 'cells')

/** Writes what a cell reads and returns its configuration. Arms of one replicate read the same files and draw from streams of the same names. */
export function layOutCell(study: Study, cell: Cell, folder: string): RunConfig {
  const inputs = join(folder, 'inputs', `${cell.world.id}.${cell.replicate}`)
  if (!existsSync(join(inputs, 'test.jsonl'))) writeInputs(study, cell, inputs)
  return parseConfig(cellConfig(study, cell, folder, inputs), join(folder, 'study.json'))
}

function writeInputs({ size }: Study, cell: Cell, folder: string): void {
  const world = worldOf(cell)
  const seeds = createRng(cell.replicate, 'human-seeds')
    .shuffle([...world.seedTasks])
    .slice(0, cell.world.humanSeeds)
  const test = testOf(world, size.testItemsPerKind)
  mkdirSync(folder, { recursive: true })
  writeLines(
    join(folder, 'seeds.jsonl'),
    seeds.map(({ id, instruction, input, output }) => ({ id, instruction, input, output })),
  )
  writeLines(
    join(folder, 'test.jsonl'),
    test.map(({ id, instruction, input, reference, group }) => ({ id, instruction, input, output: reference, group })),
  )
}

const writeLines = (path: string, rows: readonly object[]): void => writeFileSync(path, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`)

function cellConfig({ size }: Study, { arm, regime, world, replicate }: Cell, folder: string, inputs: string): RawConfig {
  const simulated = { id: 'simulated', universe: world.universe, worldSeed: replicate, teacher: teacherOf({ world, arm }) }
  const training = regime === 'equal-epochs' ? { epochsPerRound: size.epochs / size.rounds } : { stepsPerRound: size.steps / size.rounds }
  const shared: RawConfig = {
    recipe: arm.recipe,
    seeds: join(inputs, 'seeds.jsonl'),
    generator: { ...simulated, price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
    target: regime === 'equal-kept' ? { kept: size.kept } : { calls: size.calls },
    batches: { size: size.batchSize },
    trainer: { id: 'embedded', baseModel: baseFile(world.base) },
    training: { ...training, learningRate: 0.001, warmupSteps: 20, maxLength: 96 },
    rounds: size.rounds,
    evaluation: { evaluators: ['exact-match'], heldOut: join(inputs, 'test.jsonl'), rounds: 'last' },
    store: cellStore(folder),
    randomSeed: replicate,
  }
  return mergeConfig(shared, arm.config)
}
