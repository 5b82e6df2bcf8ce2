import type { SeedEntry, SeedFigures, SeedRound, SeedStory } from '@sedi/spec/api'
import { formatCount, formatPercent, formatUsd } from '../../format.ts'

const shownHeirs = 8

/** The story in lines like those of `renderExplanation`. Human and machine seeds alike; what nobody knows is said to be unknown. */
export function renderSeedStory(story: SeedStory): string[] {
  const { entries, rounds, total, heirs } = story
  return [
    ...entries.flatMap((entry) => entryLines(entry, story.answer !== null)),
    ...(story.answer === null ? [] : [line('its answer', `${story.answer.verdict}, says the verifier “${story.answer.by}” (${story.answer.reason})`)]),
    line('shown in', shownText(story)),
    ...(rounds.length === 0 ? [] : roundTable(story)),
    line('children', childrenText(total)),
    ...(total.kept === 0 ? [] : keptLines(story)),
    ...(heirs.length === 0 ? [] : [line('seeds of it', heirsText(heirs))]),
    line('cost', costText(story)),
    line('end', endText(story)),
  ]
}

const line = (label: string, text: string): string => `  ${label.padEnd(13)} ${text}`

function entryLines({ added, batch, inPlaceOf, verified, evicted, replacedBy }: SeedEntry, hasVerifier: boolean): string[] {
  const place = inPlaceOf === null ? [] : [line('in place of', `${inPlaceOf.seedId} (${inPlaceOf.origin}), which left: ${inPlaceOf.reason}`)]
  const checks = verified
    ? `before it could join: form, length, refusals, what the run’s checks flagged${hasVerifier ? ', and the answer' : '; not the answer, the run has no verifier'}`
    : 'not at all (feedback.verify is off)'
  return [
    line('became a seed', `${added.round === 0 ? 'before round 1' : `at the end of round ${added.round}`}: ${added.reason}`),
    ...(batch === null ? [] : [line('that batch', batchText(batch))]),
    ...(added.origin === 'human' ? [] : [line('checked', checks)]),
    ...place,
    ...(evicted === null
      ? []
      : [line('evicted', `at the end of round ${evicted.round}: ${evicted.reason}${replacedBy === null ? '' : `; its place went to ${replacedBy}`}`)]),
  ]
}

const batchText = ({ step, round, epoch, rows, composer, diversity, signal }: NonNullable<SeedEntry['batch']>): string =>
  [
    `step ${step} of round ${round}, epoch ${epoch}: ${rows} rows by ${composer}`,
    ...(diversity === null ? [] : [`diversity ${diversity.toFixed(4)}`]),
    ...(signal === null ? [] : [`signal ${signal.toFixed(4)}`]),
  ].join(', ')

function shownText({ total, rounds, cost }: SeedStory): string {
  if (total.shown === 0) return 'no prompt'
  const [first, last] = [rounds[0]!.round, rounds.at(-1)!.round]
  return `${formatCount(total.shown)} of ${formatCount(total.prompts)} prompts, ${first === last ? `in round ${first}` : `in rounds ${first} to ${last}`}; a prompt shows ${cost.seedsPerPrompt} seeds`
}

/** Columns that nothing is known for are left out. */
function roundTable({ rounds, signal }: SeedStory): string[] {
  const known = (field: 'wrong' | 'masked' | 'medianFirstGap' | 'meanSignal'): boolean => rounds.some((round) => round[field] !== null)
  type Column = { readonly head: string; readonly cell: (round: SeedRound) => string; readonly given?: boolean }
  const columns: readonly Column[] = [
    { head: 'round', cell: ({ round }) => String(round) },
    { head: 'prompts', cell: ({ shown, prompts }) => `${shown} of ${prompts}` },
    { head: 'written', cell: ({ written }) => formatCount(written) },
    { head: 'kept', cell: ({ kept }) => formatCount(kept) },
    { head: 'wrong', cell: ({ wrong }) => (wrong === null ? '–' : formatCount(wrong.count)), given: known('wrong') },
    { head: 'masked', cell: ({ masked }) => (masked === null ? '–' : formatCount(masked)), given: known('masked') },
    { head: 'first gap', cell: ({ medianFirstGap }) => medianFirstGap?.toFixed(2) ?? '–', given: known('medianFirstGap') },
    { head: signal?.id ?? 'signal', cell: ({ meanSignal }) => meanSignal?.toFixed(4) ?? '–', given: known('meanSignal') },
    { head: 'new seeds', cell: ({ heirs }) => String(heirs) },
  ]
  const shown = columns.filter(({ given = true }) => given)
  const rows = [shown.map(({ head }) => head), ...rounds.map((round) => shown.map(({ cell }) => cell(round)))]
  const widths = shown.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  return rows.map((row) => `${' '.repeat(16)}${row.map((cell, column) => cell.padStart(widths[column]!)).join('  ')}`)
}

function childrenText({ written, kept, rejected }: SeedFigures): string {
  if (written === 0) return 'none'
  const reasons = Object.entries(rejected).map(([reason, count]) => `${reason} ${formatCount(count)}`)
  return `${formatCount(written)} written, ${formatCount(kept)} kept (${formatPercent(kept / written)})${reasons.length === 0 ? '' : `; rejected: ${reasons.join(', ')}`}`
}

function keptLines({ total, signal, rule }: SeedStory): string[] {
  const { kept, flagged, wrong, trained, masked, medianFirstGap, meanSignal } = total
  return [
    line(
      'wrong answers',
      wrong === null
        ? 'unknown: the run has no verifier'
        : `${formatCount(wrong.count)} of ${formatCount(wrong.of)} kept children${share(wrong.count, wrong.of)}`,
    ),
    ...(flagged === 0 ? [] : [line('flagged', `${formatCount(flagged)} kept children by checks`)]),
    ...(masked === null
      ? []
      : [line('masked', `${formatCount(masked)} of ${formatCount(trained)} that were trained on, at least once${share(masked, trained)}`)]),
    ...(medianFirstGap === null ? [] : [line('first gap', `median ${medianFirstGap.toFixed(2)} nats per token`)]),
    line(
      'signal',
      signal === null
        ? trained === 0
          ? 'none: nothing was trained on'
          : 'none: the trainer tells nothing that could be one'
        : meanSignal === null
          ? `no ${signal.id} of a batch with its children is known`
          : `mean ${signal.id} ${meanSignal.toFixed(4)} of the batches with its children (of all: ${signal.meanOfRun!.toFixed(4)})${signal.used ? '' : `; the rule “${rule}” does not use it`}`,
    ),
    ...(trained === kept || trained === 0 ? [] : [line('trained on', `${formatCount(trained)} of ${formatCount(kept)} kept children so far`)]),
  ]
}

const share = (count: number, of: number): string => (of === 0 ? '' : ` (${formatPercent(count / of)})`)

function heirsText(heirs: SeedStory['heirs']): string {
  const named = heirs
    .slice(0, shownHeirs)
    .map(({ seedId, round, evictedInRound }) => `${seedId} (round ${round}${evictedInRound === null ? '' : `, evicted in ${evictedInRound}`})`)
  const more = heirs.length - named.length
  return `${heirs.length === 1 ? '1 child became a seed' : `${heirs.length} children became seeds`}: ${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function costText({ cost: { usd, perKeptUsd, perKeptOfRunUsd }, total }: SeedStory): string {
  if (total.shown === 0) return 'nothing: it was never shown'
  if (usd === null) return 'unknown: the price of an answer is not known'
  const each = perKeptUsd === null ? 'nothing was kept' : `${formatUsd(perKeptUsd, 6)} for each child that was kept`
  return `${formatUsd(usd, 6)} for its prompts, ${each} (the run: ${formatUsd(perKeptOfRunUsd, 6)})`
}

function endText({ origin, rule, entries, end }: SeedStory): string {
  const when = `${end.runState === 'done' ? 'when the run was done' : 'so far'}, after ${end.roundsDone} ${end.roundsDone === 1 ? 'round' : 'rounds'}`
  if (end.state === 'evicted') return `archived: evicted at the end of round ${entries.at(-1)!.evicted!.round} by the rule “${rule}”`
  if (origin === 'machine') return `still a seed ${when}`
  const again = entries.length > 1 ? 'a seed again' : 'never replaced'
  const floor = rule === 'fixed' ? 'the rule “fixed” replaces none' : `${end.humans} of ${end.seeds} seeds are human, at least ${end.humanFloor} have to be`
  return `human and ${again} ${when}; ${floor}`
}
