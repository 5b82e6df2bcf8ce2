import { type Ledger, oneLine, type RejectionReason } from '@sedi/spec'

export type RejectionDetail = { readonly reason: RejectionReason; readonly detail: string; readonly count: number }

const mostDetails = 12
const longestDetail = 80

/** What exactly was wrong, most frequent first: the rule, the check, what was missing in the form. Cost O(candidates). */
export async function rejectionDetails(ledger: Ledger): Promise<readonly RejectionDetail[]> {
  const counts = new Map<string, { readonly reason: RejectionReason; readonly detail: string; count: number }>()
  for await (const page of ledger.columns('candidate', ['reason', 'detail'])) {
    for (const { reason, detail } of page) {
      if (reason === null || detail === '') continue
      const short = kindOf(detail)
      const entry = counts.get(`${reason}\n${short}`) ?? { reason, detail: short, count: 0 }
      counts.set(`${reason}\n${short}`, entry)
      entry.count++
    }
  }
  return [...counts.values()].sort((a, b) => b.count - a.count).slice(0, mostDetails)
}

/** `empty output: instruction: We are…` is `empty output`; what follows the first colon is the case at hand. */
function kindOf(detail: string): string {
  return oneLine(detail.split(': ', 1)[0]!, longestDetail)
}
