import { createNoveltyIndex, createRng } from '@sedi/core'
import type { SeedTask } from '@sedi/spec'
import type { World } from './create-world.ts'
import { readNumberedTasks } from './numbered-tasks.ts'

/**
 * What the defaults of TeacherSettings are calibrated to: a public GPT-4 stream of 7,673 different tool-use requests, Alpaca-style
 * prompting, no filter but exact repeats; rouge_score semantics, a pool that starts empty.
 */
export const discardTarget: readonly { readonly threshold: number; readonly percent: number }[] = [
  { threshold: 0.6, percent: 68 },
  { threshold: 0.7, percent: 54 },
  { threshold: 0.8, percent: 36 },
  { threshold: 0.85, percent: 27 },
  { threshold: 0.9, percent: 15 },
]

const tasksPerCall = 20
const seedsPerPrompt = 3

/** A prompt in the form `@sedi/pipeline` uses (strategies/joint.ts), without its rules, which this teacher does not read. */
export function examplePrompt(seeds: readonly SeedTask[], taskCount = tasksPerCall): string {
  const examples = seeds.map(
    ({ instruction, input, output }, i) =>
      `###\n${i + 1}. Instruction: ${instruction}\n${i + 1}. Input:\n${input || '<noinput>'}\n${i + 1}. Output:\n${output}`,
  )
  return [`Continue the list below with ${taskCount} new tasks.`, ...examples, '###'].join('\n')
}

/** The instructions the teacher writes call by call, each prompt showing three human seeds drawn at random. Well-formed tasks only. */
export function* rawInstructions(world: World, randomSeed: number): Generator<string> {
  for (let call = 0; ; call++) {
    const seeds = createRng(randomSeed, 'prompt', call).sample(world.seedTasks, seedsPerPrompt)
    const { text } = world.teach({ messages: [{ role: 'user', content: examplePrompt(seeds) }], maxOutputTokens: 100_000, seed: call })
    for (const { instruction } of readNumberedTasks(text)) yield instruction
  }
}

export function take(stream: Iterable<string>, count: number): string[] {
  const texts: string[] = []
  for (const text of stream) if (texts.push(text) >= count) break
  return texts
}

/** The first `count` different texts of a stream, and how many it took to see them. */
export function takeDistinct(stream: Iterable<string>, count: number): { readonly texts: string[]; readonly read: number } {
  const texts = new Set<string>()
  let read = 0
  for (const text of stream) {
    texts.add(text)
    read++
    if (texts.size >= count) break
  }
  return { texts: [...texts], read }
}

/**
 * Share of the texts, in percent, that a similarity filter rejects: in order, each is kept unless its highest ROUGE-L F against
 * the texts kept so far (and `present`) exceeds the threshold. Cost O(texts * kept).
 */
export function discardRate(texts: readonly string[], threshold: number, present: readonly string[] = []): number {
  const index = createNoveltyIndex()
  for (const text of present) index.add(text)
  let rejected = 0
  for (const text of texts) {
    if (index.judge(text, threshold).novel) index.add(text)
    else rejected++
  }
  return (100 * rejected) / texts.length
}
