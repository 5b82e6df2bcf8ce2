import { type Ledger, type Recorded, type RunConfig, type RunFact, SediError } from '@sedi/spec'
import { mergeConfig } from '../config/merge.ts'

/** The configuration a run began with: what its data came from. Throws `not-found` for a ledger that holds no run. */
export async function begunConfigOf(ledger: Ledger): Promise<RunConfig> {
  return begunConfig(await runFactOf(ledger))
}

/** The configuration as it holds now: as the run began, with every change that a resume recorded on top. Throws `not-found` for a ledger that holds no run. */
export async function configOf(ledger: Ledger): Promise<RunConfig> {
  const { config } = await runFactOf(ledger)
  const changes = await ledger.find('config-change')
  return changes.reduce((now, fact) => mergeConfig(now, fact.changes), config) as unknown as RunConfig
}

/** Throws `not-found` for a ledger that holds no run. */
export async function runFactOf(ledger: Ledger): Promise<Recorded<RunFact>> {
  const [run] = await ledger.find('run')
  if (run === undefined) throw new SediError('not-found', `${ledger.runId || 'The ledger'} holds no run: its creation was interrupted. Delete the folder.`)
  return run
}

export const begunConfig = ({ config }: Pick<RunFact, 'config'>): RunConfig => config as unknown as RunConfig
