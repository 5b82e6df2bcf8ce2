import { families } from '../families/registry.gen.ts'
import { fillerSettings } from '../filler-settings.ts'
import { humanSeeds } from '../human-seeds.ts'
import { createUniverse } from '../universe.ts'

/** Small questions of everyday life, much of it facts and word lists. */
export default createUniverse({ id: 'everyday', families, fillerSettings, humanSeeds })
