import { createRng } from '@sedi/core'
import { cleanTask, nobodysFillers } from '../clean-task.ts'
import { puzzles } from '../digits/filler-settings.ts'
import { pairKinds, singleKinds } from '../digits/kinds.ts'
import { compileFillers } from '../fillers.ts'
import { createUniverse, type UniverseDefinition } from '../universe.ts'

const families = { single: singleKinds, pair: pairKinds }
const fillerSettings = { single: [puzzles], pair: [puzzles] }
const seedsPerKind = 4

/** Rows of digits and what to do with them, one step or two: nothing to know by heart, 57 kinds (METHOD 4.1). */
export default createUniverse({ id: 'digits', families, fillerSettings, humanSeeds: writeSeeds() })

/** Nobody writes 228 of these by hand. */
function writeSeeds(): UniverseDefinition['humanSeeds'] {
  const fillers = nobodysFillers(compileFillers(fillerSettings))
  return Object.entries(families).flatMap(([family, kinds]) =>
    kinds.flatMap((kind) => {
      const rng = createRng(1, 'digits-seeds', kind.id)
      return Array.from({ length: seedsPerKind }, () => {
        const { instruction, input, output } = cleanTask({ ...kind, family }, fillers, rng, false)
        return [instruction, input, output] as const
      })
    }),
  )
}
