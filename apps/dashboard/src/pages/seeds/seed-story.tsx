import type { SeedEntry, SeedFigures, SeedStory as Story } from '@sedi/spec/api'
import { Fragment, type ReactElement, type ReactNode } from 'react'
import { Link } from 'wouter'
import { useSeedStory } from '../../api/lineage.ts'
import { formatCount, formatNumber, formatShare, formatUsd } from '../../format.ts'
import { batchAddress, instructionAddress, seedAddress } from '../../parts/addresses.ts'
import { DataTable } from '../../parts/data-table.tsx'
import { StatTile, StatTiles } from '../../parts/stat-tile.tsx'
import { Failed, Loading } from '../../parts/states.tsx'

/** All that is known of one seed: how it came, its children, its end, its price. */
export function SeedStory({ run, seedId }: { readonly run: string; readonly seedId: string }): ReactElement {
  const { data, error, isPending, refetch } = useSeedStory(run, seedId)
  if (error !== null) return <Failed error={error} onRetry={() => refetch()} />
  if (isPending) return <Loading what="the story of this seed; in a long run that takes some seconds" />
  if (data === undefined) return <p className="muted">{seedId} has not become a seed.</p>
  return <Told run={run} story={data} />
}

function Told({ run, story }: { readonly run: string; readonly story: Story }): ReactElement {
  const { entries, total, cost, answer, heirs, rounds, signal } = story
  const task = entries[0]?.added
  return (
    <>
      {task !== undefined && (
        <div className="seed-task">
          <p className="task-text">{task.instruction}</p>
          {task.input !== '' && (
            <p className="task-text">
              <span className="muted">Input: </span>
              {task.input}
            </p>
          )}
          <p className="task-text">
            <span className="muted">Output: </span>
            {task.output}
            {answer !== null && (
              <span className="muted">
                {' '}
                ({answer.verdict}, says the verifier “{answer.by}”: {answer.reason})
              </span>
            )}
          </p>
          {story.origin === 'machine' && <Link href={instructionAddress(run, story.seedId)}>The instruction it was</Link>}
        </div>
      )}
      <ol className="entries">
        {entries.map((entry) => (
          <Entry key={entry.added.round} run={run} entry={entry} />
        ))}
        <li>{endText(story)}</li>
      </ol>
      <StatTiles label="What came of it">
        <StatTile
          name="Shown in"
          value={`${formatCount(total.shown)} prompts`}
          note={`of ${formatCount(total.prompts)}; each shows ${cost.seedsPerPrompt} seeds`}
        />
        <StatTile
          name="Children kept"
          value={total.written === 0 ? '–' : formatShare(total.kept / total.written)}
          note={`${formatCount(total.kept)} of ${formatCount(total.written)} written`}
        />
        <StatTile name="Dollars per kept child" value={formatUsd(cost.perKeptUsd)} note={`the run: ${formatUsd(cost.perKeptOfRunUsd)}`} />
        {signal !== null && (
          <StatTile
            name={`Mean ${signal.id}`}
            value={formatNumber(total.meanSignal)}
            note={`of its children’s batches; of all: ${formatNumber(signal.meanOfRun)}${signal.used ? '' : '; the rule does not use it'}`}
          />
        )}
        {total.wrong !== null && total.wrong.of > 0 && (
          <StatTile
            name="Wrong answers"
            value={formatShare(total.wrong.count / total.wrong.of)}
            note={`${formatCount(total.wrong.count)} of ${formatCount(total.wrong.of)} kept children`}
          />
        )}
        {total.masked !== null && total.trained > 0 && (
          <StatTile
            name="Left out by the mask"
            value={formatShare(total.masked / total.trained)}
            note={`${formatCount(total.masked)} of ${formatCount(total.trained)} trained on`}
          />
        )}
      </StatTiles>
      {Object.keys(total.rejected).length > 0 && (
        <p className="muted">
          Children rejected:{' '}
          {Object.entries(total.rejected)
            .map(([reason, count]) => `${reason} ${formatCount(count)}`)
            .join(', ')}
          .
        </p>
      )}
      {heirs.length > 0 && (
        <p>
          {heirs.length === 1 ? 'One child became a seed: ' : `${formatCount(heirs.length)} children became seeds: `}
          {heirs.map(({ seedId, round, evictedInRound }, i) => (
            <Fragment key={seedId + round}>
              {i > 0 && ', '}
              <Link href={seedAddress(run, seedId)}>{seedId}</Link>
              <span className="muted">
                {' '}
                (round {round}
                {evictedInRound !== null && `, left after ${evictedInRound}`})
              </span>
            </Fragment>
          ))}
        </p>
      )}
      {rounds.length > 0 && <ByRound story={story} />}
    </>
  )
}

function Entry({ run, entry }: { readonly run: string; readonly entry: SeedEntry }): ReactElement {
  const { added, batch, inPlaceOf, verified, evicted, replacedBy } = entry
  return (
    <>
      <li>
        {added.round === 0 ? 'A seed from the beginning.' : `Became a seed at the end of round ${added.round}: ${added.reason}.`}
        {batch !== null && (
          <>
            {' '}
            The batch was that of <Link href={batchAddress(run, batch.step)}>step {batch.step}</Link>, {formatCount(batch.rows)} rows by {batch.composer}
            {batch.signal !== null && `, signal ${formatNumber(batch.signal)}`}.
          </>
        )}
        {batch !== null && (verified ? ' It passed the checks before it could join.' : ' It was not checked: feedback.verify is off.')}
        {inPlaceOf !== null && (
          <>
            {' '}
            It took the place of <Link href={seedAddress(run, inPlaceOf.seedId)}>{inPlaceOf.seedId}</Link> ({inPlaceOf.origin}), which left: {inPlaceOf.reason}.
          </>
        )}
      </li>
      {evicted !== null && (
        <li>
          Left at the end of round {evicted.round}: {evicted.reason}.
          {replacedBy !== null && (
            <>
              {' '}
              Its place went to <Link href={seedAddress(run, replacedBy)}>{replacedBy}</Link>.
            </>
          )}
        </li>
      )}
    </>
  )
}

function endText({ origin, rule, entries, end }: Story): string {
  const when = `${end.runState === 'done' ? 'when the run was done' : 'so far'}, after ${end.roundsDone} ${end.roundsDone === 1 ? 'round' : 'rounds'}`
  if (end.state === 'evicted') return `Archived by the rule “${rule}”.`
  if (origin === 'machine') return `Still a seed ${when}.`
  const again = entries.length > 1 ? 'a seed again' : 'never replaced'
  const floor = rule === 'fixed' ? 'the rule “fixed” replaces none' : `${end.humans} of ${end.seeds} seeds are human, and at least ${end.humanFloor} have to be`
  return `Human and ${again} ${when}; ${floor}.`
}

/** What came of it round by round; columns that nothing is known for are left out. */
function ByRound({ story: { rounds, signal } }: { readonly story: Story }): ReactElement {
  type Round = Story['rounds'][number]
  const known = (field: keyof SeedFigures): boolean => rounds.some((round) => round[field] !== null)
  const columns: readonly (readonly [head: string, cell: (round: Round) => ReactNode, given?: boolean])[] = [
    ['Round', ({ round }) => round],
    ['Prompts', ({ shown, prompts }) => `${shown} of ${prompts}`],
    ['Written', ({ written }) => formatCount(written)],
    ['Kept', ({ kept }) => formatCount(kept)],
    ['Wrong', ({ wrong }) => formatCount(wrong?.count), known('wrong')],
    ['Left out', ({ masked }) => formatCount(masked), known('masked')],
    ['First gap', ({ medianFirstGap }) => formatNumber(medianFirstGap, 3), known('medianFirstGap')],
    [signal?.id ?? 'Signal', ({ meanSignal }) => formatNumber(meanSignal), known('meanSignal')],
    ['New seeds', ({ heirs }) => heirs],
  ]
  const shown = columns.filter(([, , given = true]) => given)
  return (
    <DataTable
      caption="Round by round"
      textColumns={[]}
      head={shown.map(([head]) => head)}
      rows={rounds.map((round) => shown.map(([, cell]) => cell(round)))}
    />
  )
}
