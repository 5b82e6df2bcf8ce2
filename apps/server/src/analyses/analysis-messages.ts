import type { DrawnMap, RunComparison, ShadowBaseline, WhatIf } from '@sedi/kit'
import type { PlainError } from '../plain-error.ts'

/** What takes longer than a page can wait, and a process of its own. */
export type AnalysisKinds = {
  readonly shadow: { readonly ask: { readonly run: string }; readonly answer: Shadow }
  readonly thresholds: { readonly ask: { readonly run: string }; readonly answer: WhatIf }
  readonly map: { readonly ask: { readonly run: string; readonly points: number }; readonly answer: DrawnMap }
  readonly compare: {
    readonly ask: { readonly runs: readonly string[]; readonly diversity: boolean; readonly unfinished: boolean }
    readonly answer: RunComparison
  }
}

/** With what the run itself had kept of the same texts. */
export type Shadow = ShadowBaseline & { readonly keptThen: number }

export type AnalysisName = keyof AnalysisKinds

export type AnalysisRequest = {
  readonly [N in AnalysisName]: { readonly analysis: N; readonly ask: AnalysisKinds[N]['ask']; readonly storeAddress: string }
}[AnalysisName]

/** From the process: how far it is, perhaps with what is known already; then how it ended, and whether it takes another one. */
export type AnalysisMessage =
  | { readonly type: 'progress'; readonly share: number; readonly value?: unknown }
  | { readonly type: 'done'; readonly value: unknown; readonly goesOn: boolean }
  | { readonly type: 'error'; readonly error: PlainError; readonly goesOn: boolean }
