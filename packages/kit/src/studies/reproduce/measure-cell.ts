import { entropyOfCounts } from '@sedi/core'
import type { Ledger, Task } from '@sedi/spec'
import { worldOf } from './lay-out-cell.ts'
import type { Cell } from './study.ts'

/** What a finished cell came to. Shares are 0 to 1; null where there is nothing to take a share of. */
export type CellFigures = {
  readonly cell: string
  readonly world: string
  readonly regime: string
  readonly arm: string
  readonly replicate: number
  /** Share of the test answered right after the last round. */
  readonly accuracy: number
  /** Per test item, in the order of ids. */
  readonly items: readonly number[]
  readonly calls: number
  readonly written: number
  readonly kept: number
  readonly costUsd: number
  readonly costUsdPerKept: number
  readonly steps: number
  /** Rows trained on over the size of the pool at the end. */
  readonly passes: number
  readonly promoted: number
  readonly wrongInPool: number | null
  readonly wrongAmongPromoted: number | null
  /** exp of the entropy of task kinds in the pool: how many kinds there are, effectively. */
  readonly kinds: number
  readonly masked: number | null
  /** Of the masked rows, how many were wrong; of the wrong rows trained under a mask, how many were masked. */
  readonly maskPrecision: number | null
  readonly maskRecall: number | null
}

/** What the world knows of an instruction, for the independent checker. */
export type Label = { readonly id: string; readonly wrong: boolean; readonly kind: string | null }

export async function measureCell(cell: Cell, ledger: Ledger): Promise<{ figures: CellFigures; labels: readonly Label[] }> {
  const world = worldOf(cell)
  const [candidates, batches, steps, evals, events, calls, totals] = await Promise.all([
    ledger.find('candidate', { verdict: 'kept' }),
    ledger.find('batch'),
    ledger.find('step'),
    ledger.find('eval'),
    ledger.find('seed-event', { action: 'add' }),
    ledger.find('call'),
    ledger.totals(),
  ])
  const label = (id: string, task: Task): Label => ({ id, wrong: world.check(task).verdict === 'wrong', kind: world.kindOf(task)?.id ?? null })
  const labels = candidates.map((one) => label(one.id, one))
  const wrong = new Set(labels.filter((one) => one.wrong).map(({ id }) => id))
  const promoted = events.filter(({ origin }) => origin === 'machine')
  const items = evals.toSorted((a, b) => (a.itemId < b.itemId ? -1 : 1)).map(({ value }) => value)
  const costUsd = calls.reduce((sum, { costNanoUsd }) => sum + (costNanoUsd ?? 0), 0) / 1e9
  const rows = batches.reduce((sum, { exampleIds }) => sum + exampleIds.length, 0)
  const idsOf = new Map(batches.map(({ step, exampleIds }) => [step, exampleIds]))
  const underMask = steps.flatMap(({ step, masked }) =>
    masked?.some(Boolean) ? masked.map((left, row) => ({ left, wrong: wrong.has(idsOf.get(step)![row]!) })) : [],
  )
  const left = underMask.filter((row) => row.left)
  const counts = Map.groupBy(labels, ({ kind }) => kind ?? 'unknown')
  const figures: CellFigures = {
    cell: cell.id,
    world: cell.world.id,
    regime: cell.regime,
    arm: cell.arm.id,
    replicate: cell.replicate,
    accuracy:
      share(
        items.reduce((sum, value) => sum + value, 0),
        items.length,
      ) ?? Number.NaN,
    items,
    calls: calls.length,
    written: totals.raw,
    kept: candidates.length,
    costUsd,
    costUsdPerKept: costUsd / candidates.length,
    steps: steps.length,
    passes: rows / candidates.length,
    promoted: promoted.length,
    wrongInPool: share(wrong.size, candidates.length),
    wrongAmongPromoted: share(promoted.filter(({ exampleId }) => wrong.has(exampleId!)).length, promoted.length),
    kinds: Math.exp(entropyOfCounts([...counts.values()].map(({ length }) => length))),
    masked: steps.some(({ masked }) => masked !== null) ? share(left.length, rows) : null,
    maskPrecision: share(left.filter((row) => row.wrong).length, left.length),
    maskRecall: share(left.filter((row) => row.wrong).length, underMask.filter((row) => row.wrong).length),
  }
  return { figures, labels }
}

const share = (part: number, whole: number): number | null => (whole === 0 ? null : part / whole)
