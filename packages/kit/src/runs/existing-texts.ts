import type { Ledger } from '@sedi/spec'

/** What a run was compared with besides its own: texts of `filter.against`, and candidates that were too similar to one of them. */
export type ExistingTexts = { readonly texts: number; readonly rejected: number }

/** Cost: a pass over the ids of these texts and one over the candidates. */
export async function countExisting(ledger: Pick<Ledger, 'columns'>): Promise<ExistingTexts> {
  const ids = new Set<string>()
  for await (const page of ledger.columns('existing', ['textId'])) for (const { textId } of page) ids.add(textId)
  let rejected = 0
  for await (const page of ledger.columns('candidate', ['verdict', 'nearestId'])) {
    for (const { verdict, nearestId } of page) if (verdict === 'rejected' && nearestId !== null && ids.has(nearestId)) rejected++
  }
  return { texts: ids.size, rejected }
}
