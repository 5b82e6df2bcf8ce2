import type { RunStore, RunSummary } from '@sedi/spec'

/** `GET /v1/runs`: every run of the store, oldest first. */
export async function listRuns(store: RunStore): Promise<{ readonly runs: readonly RunSummary[] }> {
  return { runs: await store.list() }
}
