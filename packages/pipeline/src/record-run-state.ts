import type { Ledger, RunStateFact } from '@sedi/spec'

/** Appends what the run is from now on. For the process that holds the run: states are numbered in their order. */
export async function recordRunState(ledger: Ledger, state: Omit<RunStateFact, 'kind' | 'index'>): Promise<void> {
  const index = (await ledger.find('run-state')).length
  await ledger.append([{ kind: 'run-state', index, ...state }])
}
