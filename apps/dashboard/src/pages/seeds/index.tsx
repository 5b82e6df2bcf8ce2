import type { Lineage } from '@sedi/spec/api'
import type { ReactElement } from 'react'
import { useLineage, useSeeds } from '../../api/lineage.ts'
import { isAtWork, useRun } from '../../api/runs.ts'
import { formatCount, formatNumber } from '../../format.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { Empty, Failed, Loading } from '../../parts/states.tsx'
import { useAddress } from '../../parts/use-address.ts'
import { LineageGraph } from './lineage-graph.tsx'
import { filterNamed, firstFocus, fitting } from './seed-filters.ts'
import { SeedStory } from './seed-story.tsx'
import { SeedTable } from './seed-table.tsx'
import './seeds.css'

const depths = [1, 2, 3]

/** Where seeds came from and what came of them: the lineage around one, its story, and all of them. Whose it is, is in the address. */
export default function Seeds({ run }: { readonly run: string }): ReactElement {
  const { given, change } = useAddress()
  const detail = useRun(run)
  const seeds = useSeeds(run, detail.data !== undefined && isAtWork(detail.data.state))
  const focus = given.focus ?? firstFocus(seeds.data?.seeds ?? [])
  const depth = depths.find((one) => String(one) === given.depth) ?? 2
  const filter = filterNamed(given.seeds)

  if (seeds.data === undefined) return seeds.error === null ? <Loading what="the seeds" /> : <Failed error={seeds.error} onRetry={() => seeds.refetch()} />
  if (seeds.data.of === 0 || focus === undefined)
    return <Empty title="No seeds yet">A run’s seeds appear here when its process has begun. If it could not begin, its overview says why.</Empty>

  const onFocus = (seedId: string): void => {
    change({ focus: seedId })
    document.getElementById('lineage-title')?.scrollIntoView({ block: 'nearest' })
  }
  return (
    <div className="stack">
      <section aria-labelledby="lineage-title" className="stack">
        <div className="row">
          <h2 id="lineage-title">
            Lineage of <code>{focus}</code>
          </h2>
          {given.focus === undefined && <span className="muted">shown first: the machine seed with the most heirs</span>}
          <label className="row depth">
            Generations each way{' '}
            <select value={depth} onChange={({ target }) => change({ depth: target.value === '2' ? undefined : target.value }, true)}>
              {depths.map((one) => (
                <option key={one}>{one}</option>
              ))}
            </select>
          </label>
        </div>
        <Around run={run} focus={focus} depth={depth} onFocus={onFocus} />
      </section>
      <section aria-labelledby="story-title" className="panel stack story">
        <h2 id="story-title">
          The story of <code>{focus}</code>
        </h2>
        <SeedStory run={run} seedId={focus} />
      </section>
      <SeedTable
        lineage={seeds.data}
        shown={fitting(seeds.data.seeds, filter)}
        filter={filter}
        rounds={detail.data?.rounds.done ?? Math.max(...seeds.data.seeds.map(({ addedRound }) => addedRound))}
        focus={focus}
        onFilter={(next) => change({ seeds: next === 'all' ? undefined : next }, true)}
        onFocus={onFocus}
      />
    </div>
  )
}

type AroundProps = { readonly run: string; readonly focus: string; readonly depth: number; readonly onFocus: (seedId: string) => void }

function Around({ run, focus, depth, onFocus }: AroundProps): ReactElement {
  const { data, error, refetch } = useLineage(run, focus, depth)
  if (error !== null) return <Failed error={error} onRetry={() => refetch()} />
  if (data === undefined) return <Loading what="the lineage" />
  return (
    <>
      <p className="muted">
        A line leads from a seed that a prompt showed to one that was written there. A machine seed says by which way it came: instruction → batch → signal.
        {data.edges.length === 0 && ' Nobody is known to have come from this one, or before it.'}
      </p>
      <LineageGraph run={run} lineage={data} focus={focus} onFocus={onFocus} />
      <details>
        <summary>The same as a table</summary>
        <DataTable caption={`Seeds around ${focus}`} {...tableOf(data, onFocus)} />
      </details>
    </>
  )
}

function tableOf({ seeds }: Lineage, onFocus: (seedId: string) => void): Parameters<typeof DataTable>[0] {
  return {
    head: ['Seed', 'Text', 'Written from', 'Joined', 'Batch', 'Signal', 'Left', 'Children kept', 'Heirs'],
    textColumns: [0, 1, 2],
    rows: seeds.map(({ seedId, text, parents, addedRound, batch, signal, evictedRound, offspring, heirs }) => [
      <button key="seed" type="button" className="button quiet" onClick={() => onFocus(seedId)}>
        {seedId}
      </button>,
      text,
      parents.join(', '),
      addedRound === 0 ? 'beginning' : `round ${addedRound}`,
      batch === null ? '–' : `step ${batch}`,
      formatNumber(signal),
      evictedRound === null ? '–' : `round ${evictedRound}`,
      formatCount(offspring.kept),
      formatCount(heirs),
    ]),
  }
}
