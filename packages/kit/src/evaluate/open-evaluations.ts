import { type Ledger, type RunStore, SediError } from '@sedi/spec'
import { createSqliteStore } from '@sedi/store'
import { softwareVersion } from '../version.ts'

/** Where evaluations are kept: like a store of runs, whose `run` facts describe evaluations. */
export function openEvaluations(folder: string, clock: () => number = Date.now): RunStore {
  return createSqliteStore({ folder, clock, softwareVersion })
}

/** A store of runs that does not take an evaluation for one: `read` and `open` reject with `unsupported`. */
export function withoutEvaluations(store: RunStore): RunStore {
  return {
    ...store,
    async read(name) {
      const ledger = await store.read(name)
      return asRun(ledger, ledger)
    },
    async open(name) {
      const held = await store.open(name)
      return asRun(held.ledger, held)
    },
  }
}

async function asRun<T extends { close(): Promise<void> }>(ledger: Ledger, held: T): Promise<T> {
  try {
    const [run] = await ledger.find('run')
    if (run?.config.recipe !== 'evaluation') return held
    throw new SediError(
      'unsupported',
      `${run.runId} is an evaluation and no run. Its figures are in result.json beside its ledger; the “sedi evaluate” command that made it continues it or shows it again.`,
    )
  } catch (error) {
    await held.close()
    throw error
  }
}
