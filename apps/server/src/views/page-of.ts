import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Fact, FactKind, Ledger, Recorded } from '@sedi/spec'
import { publicFact } from '../runs/public-fact.ts'

export type PageQuery = {
  /** Undefined: facts of every kind. */
  readonly kind: FactKind | undefined
  readonly where: Readonly<Record<string, unknown>>
  readonly after: number
  readonly limit: number
  /** Only with this text; case does not matter. */
  readonly search: string | undefined
}

export type Page = { readonly items: readonly object[]; readonly last: number; readonly more: boolean }

/** Facts looked at for one page of a search, so that a rare word does not hold everyone up: the page is then short, and `more`. */
const searched = 20_000

/** Facts looked at between which others have their turn. */
const atOnce = 500

/** A page of facts, in order of recording. */
export async function pageOf(ledger: Ledger, { kind, where, after, limit, search }: PageQuery): Promise<Page> {
  const facts: AsyncIterable<Recorded<Fact>> = kind === undefined ? ledger.facts(after) : ledger.scan(kind, where, after)
  const items: object[] = []
  const wanted = search?.toLowerCase()
  let last = after
  let looked = 0
  for await (const fact of facts) {
    if (items.length >= limit || looked >= searched) return { items, last, more: true }
    looked++
    last = fact.seq
    if (wanted === undefined || textOf(fact).toLowerCase().includes(wanted)) items.push(publicFact(fact))
    if (looked % atOnce === 0) await nextTurn()
  }
  return { items, last, more: false }
}

const textOf = (fact: Fact): string => (fact.kind === 'candidate' ? `${fact.instruction}\n${fact.input}\n${fact.output}` : '')
