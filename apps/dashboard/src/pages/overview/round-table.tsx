import type { ReactElement } from 'react'
import type { RunOverview } from '../../api/runs.ts'
import { formatCount, formatShare, formatUsd } from '../../format.ts'
import { DataTable } from '../../parts/data-table.tsx'

/** The run round by round, the latest first. */
export function RoundTable({ rounds }: { readonly rounds: RunOverview['rounds'] }): ReactElement {
  return (
    <section className="panel long-table" aria-labelledby="rounds">
      <h2 id="rounds">Rounds</h2>
      <DataTable
        caption="Rounds"
        head={['Round', 'Answers', 'Written', 'Kept', 'Kept share', 'Cost', 'Per kept', 'Steps', 'Seeds joined', 'Seeds left']}
        rows={rounds
          .toReversed()
          .map(({ round, calls, raw, kept, costUsd, steps, seedsAdded, seedsEvicted }) => [
            round,
            formatCount(calls),
            formatCount(raw),
            formatCount(kept),
            formatShare(raw === 0 ? null : kept / raw),
            formatUsd(costUsd),
            kept === 0 ? formatUsd(undefined) : formatUsd(costUsd === null ? null : costUsd / kept),
            formatCount(steps),
            formatCount(seedsAdded),
            formatCount(seedsEvicted),
          ])}
      />
    </section>
  )
}
