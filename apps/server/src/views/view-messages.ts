import type { Explanation, LedgerOverview, RowFilter } from '@sedi/kit'
import type { RunSummary } from '@sedi/spec'
import type { InstructionDetail, Lineage, Rows, Training } from '@sedi/spec/api'
import type { PlainError } from '../plain-error.ts'
import type { Page, PageQuery } from './page-of.ts'

/** What is asked of the thread that reads ledgers, and what each is answered with. */
export type Views = {
  readonly list: { readonly ask: Record<never, never>; readonly answer: readonly RunSummary[] }
  readonly overview: { readonly ask: { readonly run: string }; readonly answer: LedgerOverview }
  readonly age: { readonly ask: { readonly run: string }; readonly answer: RunAge }
  readonly rows: { readonly ask: RowFilter & { readonly run: string; readonly offset: number; readonly limit: number }; readonly answer: Text<Rows> }
  readonly instruction: { readonly ask: { readonly run: string; readonly id: string }; readonly answer: Text<InstructionDetail> }
  readonly explain: { readonly ask: { readonly run: string; readonly id: string }; readonly answer: Text<Explanation> }
  readonly training: { readonly ask: { readonly run: string; readonly points: number }; readonly answer: Text<Training> }
  readonly lineage: {
    readonly ask: { readonly run: string; readonly focus: string | undefined; readonly depth: number }
    readonly answer: Text<Lineage>
  }
  readonly page: { readonly ask: PageQuery & { readonly run: string }; readonly answer: Text<Page> }
}

declare const of: unique symbol

/** JSON of it, as text: the thread that answers requests only passes it on. */
export type Text<T> = string & { readonly [of]?: T }

/** How far a run has come: what was computed of it is of this age. */
export type RunAge = {
  /** Another when the run was deleted and another one has its name. */
  readonly born: string
  readonly raw: number
  readonly digest: string
  /** Whether more may come. */
  readonly isOver: boolean
}

export type ViewName = keyof Views

export type ViewRequest = { readonly [N in ViewName]: { readonly id: number; readonly view: N; readonly ask: Views[N]['ask'] } }[ViewName]

export type ViewReply =
  | { readonly id: number; readonly ok: true; readonly value: unknown }
  | { readonly id: number; readonly ok: false; readonly error: PlainError }

export type ViewSettings = { readonly storeAddress: string }
