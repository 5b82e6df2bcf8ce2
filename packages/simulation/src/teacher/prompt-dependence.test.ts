import { createRng, rougeL } from '@sedi/core'
import type { SeedTask } from '@sedi/spec'
import { expect, it } from 'vitest'
import { createWorld } from '../create-world.ts'
import { examplePrompt } from '../fixtures/rejection-curve.ts'
import { type NumberedTask, readNumberedTasks } from '../numbered-tasks.ts'

const world = createWorld()
const rng = createRng(1, 'prompt dependence')
const prompts = 10
const seeds = rng.sample(world.seedTasks, 20)

/** What the teacher writes for prompts of three seeds, `fixed` among them. */
function write(fixed: readonly SeedTask[], others: readonly SeedTask[]): NumberedTask[] {
  return Array.from({ length: prompts }, (_, seed) => {
    const shown = rng.shuffle([...fixed, ...rng.sample(others, 3 - fixed.length)])
    return readNumberedTasks(world.teach({ messages: [{ role: 'user', content: examplePrompt(shown) }], maxOutputTokens: 10_000, seed }).text)
  }).flat()
}

const mean = (numbers: readonly number[]): number => numbers.reduce((sum, number) => sum + number, 0) / numbers.length

const contrasts = seeds.map((seed) => {
  const others = world.seedTasks.filter((other) => other.id !== seed.id)
  const kind = world.kindOf(seed)!.id
  const [shown, hidden] = [write([seed], others), write([], others)].map((tasks) => ({
    kindShare: mean(tasks.map((task) => (world.kindOf(task)?.id === kind ? 1 : 0))),
    overlap: mean(tasks.map((task) => rougeL(task.instruction, seed.instruction))),
  }))
  return { id: seed.id, kindShare: shown!.kindShare - hidden!.kindShare, overlap: shown!.overlap - hidden!.overlap }
})

// A third of the anchored items start from the seed: 0.65 * 0.8 / 3 = 17 points are expected.
it('a seed in the prompt brings its kind: 12 points more at least on average, and more for every seed', () => {
  expect(mean(contrasts.map((contrast) => contrast.kindShare))).toBeGreaterThan(0.12)
  for (const { id, kindShare } of contrasts) expect(kindShare, id).toBeGreaterThan(0)
})

it('a seed in the prompt brings its words: mean ROUGE-L F to it is 0.05 higher at least on average, and higher for every seed', () => {
  expect(mean(contrasts.map((contrast) => contrast.overlap))).toBeGreaterThan(0.05)
  for (const { id, overlap } of contrasts) expect(overlap, id).toBeGreaterThan(0)
})
