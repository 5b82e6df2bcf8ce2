import { createRunBook, type EvaluationReport, evaluationsOf, projectCostUsd } from '@sedi/kit'
import type { Ledger, RunConfig, Totals } from '@sedi/spec'
import { costSoFar } from '../cost-so-far.ts'

/** What a live view shows of a run, read from its ledger. Dollars; null where a price is unknown. */
export type ViewFigures = {
  readonly totals: Totals
  readonly costUsd: number | null
  readonly projectedUsd: number | null
  /** Answers a minute over the last half minute; undefined until some time has passed. */
  readonly callsPerMinute: number | undefined
  /** Of every round that has written something: kept / written. */
  readonly keptShares: readonly number[]
  /** Of every optimiser step of this run. */
  readonly losses: readonly number[]
  readonly evaluations: readonly EvaluationReport[]
}

const rateOverMs = 30_000
const rateAfterMs = 3000

/** Reads the ledger again and again; each time only what was recorded since. */
export function createFigureReader(ledger: Ledger, config: RunConfig, clock: () => number) {
  const book = createRunBook(ledger)
  const losses: number[] = []
  const answered: { readonly at: number; readonly calls: number }[] = []
  let lastStep = 0

  function rateOf(calls: number): number | undefined {
    const now = clock()
    answered.push({ at: now, calls })
    while (answered.length > 2 && now - answered[1]!.at >= rateOverMs) answered.shift()
    const first = answered[0]!
    return now - first.at < rateAfterMs ? undefined : ((calls - first.calls) / (now - first.at)) * 60_000
  }

  return async function read(): Promise<ViewFigures> {
    const totals = await ledger.totals()
    for await (const page of ledger.columns('step', ['loss'], lastStep)) {
      for (const { seq, loss } of page) {
        lastStep = seq
        losses.push(loss)
      }
    }
    await book.readWithin(1000, 'progress')
    const costUsd = costSoFar(config, totals)
    return {
      totals,
      costUsd,
      projectedUsd: costUsd === null ? null : projectCostUsd(config, totals),
      callsPerMinute: rateOf(totals.calls),
      keptShares: book
        .rounds()
        .filter(({ raw }) => raw > 0)
        .map(({ raw, kept }) => kept / raw),
      losses,
      evaluations: evaluationsOf(await ledger.scores()),
    }
  }
}
