import type { SeedTask } from '@sedi/spec'
import { humanSeeds } from './human-seeds.ts'

export const seedTasks: readonly SeedTask[] = humanSeeds.map(([instruction, input, output], i) => ({
  id: `seed-${String(i + 1).padStart(3, '0')}`,
  origin: 'human',
  instruction,
  input,
  output,
}))
