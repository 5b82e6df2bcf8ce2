import { type RunConfig, SediError, type SeedTask } from '@sedi/spec'
import { loadSeeds } from '../inputs/load-tasks.ts'

/** The run's seeds; throws `invalid-input` where they are too few for one prompt. */
export async function loadRunSeeds({ seeds: source, prompt: { seedsPerPrompt } }: RunConfig): Promise<SeedTask[]> {
  const seeds = await loadSeeds(source)
  if (seeds.length >= seedsPerPrompt) return seeds
  throw new SediError('invalid-input', `A prompt shows ${seedsPerPrompt} seeds, but ${source} has ${seeds.length}. Add seeds, or lower prompt.seedsPerPrompt.`)
}
