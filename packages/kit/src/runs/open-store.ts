import type { RunConfig, RunStore } from '@sedi/spec'
import { openStoreAt } from '@sedi/store'
import { withoutEvaluations } from '../evaluate/open-evaluations.ts'
import { softwareVersion } from '../version.ts'

/** Throws `unsupported` for an address that no driver takes, `invalid-config` for one that cannot be read. */
export function openStore(config: Pick<RunConfig, 'store'>, clock: () => number = Date.now): RunStore {
  return withoutEvaluations(openStoreAt(config.store, { clock, softwareVersion }))
}
