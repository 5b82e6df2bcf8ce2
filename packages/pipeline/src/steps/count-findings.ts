import type { Run } from '../run-context.ts'

/** How many candidates a check has rejected, and flagged. */
export type Findings = { readonly dropped: number; readonly flagged: number }

/** What each check found in a round's candidates, by its id; without the checks that found nothing. For the round's summary. */
export async function countFindings(round: number, run: Run): Promise<Readonly<Record<string, Findings>>> {
  const counts: Record<string, { dropped: number; flagged: number }> = {}
  if (run.checks.active.length === 0) return counts
  const of = (id: string) => (counts[id] ??= { dropped: 0, flagged: 0 })
  for await (const { verdict, detail, flags } of run.ledger.scan('candidate', { round })) {
    const dropping = verdict === 'kept' ? undefined : run.checks.active.find((id) => detail.startsWith(`${id}: `))
    if (dropping !== undefined) of(dropping).dropped++
    for (const { check } of flags) of(check).flagged++
  }
  return counts
}
