import type { Fact, Ledger, Recorded } from '@sedi/spec'
import { publicFact } from './public-fact.ts'

/** A fact as it is sent. */
export type Numbered = { readonly seq: number; readonly kind: Fact['kind']; readonly text: string }

export const numbered = (fact: Recorded<Fact>): Numbered => ({ seq: fact.seq, kind: fact.kind, text: JSON.stringify(publicFact(fact)) })

/** Facts handed over at once, at most: so many, or so much text. */
export const pageFacts = 200
const pageLength = 1024 * 1024

/** Text of pages kept for readers that go the same way. */
const keptLength = 8 * 1024 * 1024

export type Pages = {
  /** Some facts after a number; none when there are none. */
  after(seq: number): Promise<readonly Numbered[]>
}

/**
 * What is recorded, page by page. Pages begin at multiples, whoever asks, so that a hundred readers that begin anew together make each be
 * read once. Only full pages are kept: they never change.
 */
export function createPages(ledger: Ledger): Pages {
  const kept = new Map<number, { readonly page: readonly Numbered[]; readonly length: number }>()
  const reading = new Map<number, Promise<readonly Numbered[]>>()
  let length = 0

  async function read(from: number): Promise<readonly Numbered[]> {
    const page: Numbered[] = []
    for await (const fact of ledger.facts(from)) {
      page.push(numbered(fact))
      if (page.length >= pageFacts) break
    }
    if (page.length === pageFacts) keep(from, page)
    return page
  }

  function keep(from: number, page: readonly Numbered[]): void {
    const own = page.reduce((sum, { text }) => sum + text.length, 0)
    kept.set(from, { page, length: own })
    length += own
    for (const [oldest, old] of kept) {
      if (length <= keptLength) return
      kept.delete(oldest)
      length -= old.length
    }
  }

  function pageFrom(from: number): Promise<readonly Numbered[]> {
    const known = kept.get(from)
    if (known !== undefined) return Promise.resolve(known.page)
    const now = reading.get(from) ?? read(from).finally(() => reading.delete(from))
    reading.set(from, now)
    return now
  }

  return {
    async after(seq) {
      const from = Math.floor(seq / pageFacts) * pageFacts
      return upTo(pageLength, (await pageFrom(from)).slice(seq - from))
    },
  }
}

/** The first of them that are not longer together; one at least. */
function upTo(most: number, facts: readonly Numbered[]): readonly Numbered[] {
  let sum = 0
  const end = facts.findIndex(({ text }, i) => {
    sum += text.length
    return sum > most && i > 0
  })
  return end === -1 ? facts : facts.slice(0, end)
}
