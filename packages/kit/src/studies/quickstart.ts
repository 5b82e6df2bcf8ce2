import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { createWorld } from '@sedi/simulation'

/** The student both arms start from; made by scripts/make-base-model.ts. */
export const baseModelFile: string = fileURLToPath(new URL('../../assets/base-model.safetensors', import.meta.url))

/** World, test set and sizes of the quickstart. Both arms: equal calls, equal optimiser steps, paired random streams. */
export const quickstartSettings = {
  worldSeed: 1,
  testItemsPerKind: 8,
  testSeed: 1,
  rounds: 8,
  calls: 240,
  stepsPerRound: 40,
  batchSize: 32,
  randomSeed: 1,
} as const

export type QuickstartArm = { readonly recipe: 'alpaca' | 'sedi'; readonly configFile: string }

/**
 * Lays out the quickstart’s folder: seeds, test set, base model and one configuration per arm, all plain files to read, change and run
 * again. Existing files are overwritten with the same content; runs are kept.
 */
export function layOutQuickstart(folder: string): readonly QuickstartArm[] {
  mkdirSync(folder, { recursive: true })
  const world = createWorld({ worldSeed: quickstartSettings.worldSeed })
  const seeds = world.seedTasks.map(({ id, instruction, input, output }) => ({ id, instruction, input, output }))
  const test = world.heldOut({ perKind: quickstartSettings.testItemsPerKind, randomSeed: quickstartSettings.testSeed })
  writeJsonLines(join(folder, 'seeds.jsonl'), seeds)
  writeJsonLines(
    join(folder, 'test.jsonl'),
    test.map(({ id, instruction, input, reference, group }) => ({ id, instruction, input, output: reference, group })),
  )
  copyFileSync(baseModelFile, join(folder, 'base-model.safetensors'))
  return (['alpaca', 'sedi'] as const).map((recipe) => {
    const configFile = join(folder, `${recipe}.config.yaml`)
    writeFileSync(configFile, configText(recipe))
    return { recipe, configFile }
  })
}

function writeJsonLines(path: string, rows: readonly object[]): void {
  writeFileSync(path, `${rows.map((row) => JSON.stringify(row)).join('\n')}\n`)
}

function configText(recipe: QuickstartArm['recipe']): string {
  const { worldSeed, rounds, calls, stepsPerRound, batchSize, randomSeed } = quickstartSettings
  return `# One arm of \`sedi quickstart\`. Run it alone with: sedi run ${recipe}.config.yaml
recipe: ${recipe}            # ${recipe === 'alpaca' ? 'the baseline: Self-Instruct in Alpaca’s form' : 'SeDi'}; everything else is the same in both arms
seeds: ./seeds.jsonl
generator:
  id: simulated              # a made-up teacher: no key, no network
  worldSeed: ${worldSeed}
  price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 }   # a made-up price, so that money can be counted
verifier: { id: simulated, worldSeed: ${worldSeed} }            # knows the right answers; a real run has nobody who does
target: { calls: ${calls} }
budget: { maxCostUsd: 5 }
batches: { size: ${batchSize} }
trainer: { id: embedded, baseModel: ./base-model.safetensors }
training: { stepsPerRound: ${stepsPerRound}, learningRate: 0.001, warmupSteps: 20, maxLength: 96 }
rounds: ${rounds}
evaluation: { evaluators: [exact-match], heldOut: ./test.jsonl }
store: ./runs
randomSeed: ${randomSeed}
`
}
