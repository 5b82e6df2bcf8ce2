import type { CandidateFact, Ledger } from '@sedi/spec'

/** What a candidate came nearest to: another one, a seed, or a text that there was before the run (`filter.against`). */
export type NearestText = { readonly id: string; readonly text: string } & (
  | { readonly is: 'instruction'; readonly verdict: CandidateFact['verdict']; readonly round: number }
  | { readonly is: 'seed'; readonly round: number }
  | { readonly is: 'existing' }
)

/** Undefined for a candidate that was compared with nothing. Cost: look-ups by key. */
export async function nearestText(ledger: Pick<Ledger, 'find'>, { nearestId: id }: Pick<CandidateFact, 'nearestId'>): Promise<NearestText | undefined> {
  if (id === null) return undefined
  const [candidate] = await ledger.find('candidate', { id })
  if (candidate !== undefined) return { id, text: candidate.instruction, is: 'instruction', verdict: candidate.verdict, round: candidate.round }
  const [seed] = await ledger.find('seed-event', { seedId: id })
  if (seed !== undefined) return { id, text: seed.instruction, is: 'seed', round: seed.round }
  const [existing] = await ledger.find('existing', { textId: id })
  return existing && { id, text: existing.instruction, is: 'existing' }
}
