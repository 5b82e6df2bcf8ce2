import type { Figure } from '@sedi/evaluation'
import { formatCount, formatPercent, formatSigned, formatUsd } from '../format.ts'
import { asSentence, madeSentence } from './made-sentence.ts'
import type { RunStory } from './tell-run.ts'

/** The whole run in some sentences: where it stands, what it made and for how much, what training on it did. */
export function headline(story: RunStory): string {
  const { report, baseline } = story
  const { state, reason, rounds } = report
  const unfinished: Partial<Record<typeof state, string>> = {
    created: 'The run has not begun.',
    running: `The run is going on: ${rounds.done} of ${rounds.planned} rounds are done.`,
    paused: `The run is paused after ${rounds.done} of ${rounds.planned} rounds: ${reason}`,
    interrupted: `The run was interrupted after ${rounds.done} of ${rounds.planned} rounds: ${reason}.`,
    cancelled: `The run was cancelled after ${rounds.done} of ${rounds.planned} rounds; everything recorded is kept.`,
    failed: `The run failed after ${rounds.done} of ${rounds.planned} rounds: ${reason}`,
  }
  const where = unfinished[state]
  if (report.raw === 0) return [where, 'Nothing has been written yet.'].filter((part) => part !== undefined).join(' ')
  const made = where === undefined ? `This run ${madeSentence(report, baseline)}` : `${where} So far it ${madeSentence(report, baseline)}`
  return asSentence([made, ...story.changes.map((change) => changeSentence(change))].join(' '))
}

type Change = RunStory['changes'][number]

/** Before and after on the same items, and whether that is more than chance. */
export function changeSentence({ evaluator, from, to, difference, interval, isShare, items, adjustedP }: Change): string {
  const scale = isShare ? 100 : 1
  const text = `${formatSigned(difference * scale, isShare ? 1 : 3)}${isShare ? ' points' : ''} [${formatSigned(interval.low * scale, isShare ? 1 : 3)}, ${formatSigned(interval.high * scale, isShare ? 1 : 3)}]`
  const verdict = interval.low > 0 && adjustedP < 0.05 ? 'is higher' : interval.high < 0 && adjustedP < 0.05 ? 'is lower' : 'is not measurably different'
  return `On ${formatCount(items)} test items ${evaluator} ${verdict} ${to} than with the ${from}: ${text}, 95 %.`
}

/** Six or so figures to see first. */
export function keyFigures({ report, baseline, plan, changes, startedAt, endedAt }: RunStory): Figure[] {
  const { kept, raw, costUsd, costPerKeptUsd, seedsPromoted, evaluations, batchDiversity } = report
  const last = evaluations.at(-1)
  const first = evaluations.find(({ evaluator }) => evaluator === last?.evaluator)
  const figures: (Figure | undefined)[] = [
    {
      name: 'Instructions kept',
      value: formatCount(kept),
      meaning: `of ${formatCount(raw)} that the teacher wrote (${formatPercent(raw === 0 ? null : kept / raw)})`,
    },
    {
      name: 'Cost',
      value: formatUsd(costUsd, costUsd !== null && costUsd >= 100 ? 2 : 4),
      meaning:
        costUsd === null
          ? 'the price of an answer is not known'
          : plan.budgetUsd === null
            ? 'all recorded answers; no budget was set'
            : `of a budget of ${formatUsd(plan.budgetUsd, 2)}`,
    },
    costPerKeptUsd === null
      ? undefined
      : { name: 'Cost of one instruction', value: formatUsd(costPerKeptUsd, 6), meaning: 'everything that was paid, divided by what was kept' },
    baseline === null || baseline.sameFilter || baseline.kept === 0
      ? undefined
      : {
          name: 'Against Self-Instruct’s filter',
          value: `${formatSigned((kept / baseline.kept - 1) * 100, 0)} %`,
          meaning: `instructions from the same texts: ${formatCount(kept)} instead of ${formatCount(baseline.kept)}. A replay; it says nothing about accuracy`,
        },
    last === undefined || first === undefined
      ? undefined
      : {
          name: `${last.evaluator} of the student`,
          value: last.interval === null ? last.mean.toFixed(3) : formatPercent(last.mean),
          meaning:
            first === last
              ? `on ${formatCount(last.items)} test items`
              : `${first.interval === null ? first.mean.toFixed(3) : formatPercent(first.mean)} before training${changes.some(({ evaluator, interval }) => evaluator === last.evaluator && interval.low <= 0 && interval.high >= 0) ? '; the difference may be chance' : ''}`,
        },
    report.steps === 0
      ? undefined
      : { name: 'Seeds promoted', value: formatCount(seedsPromoted), meaning: 'instructions that training picked as examples for the next prompts' },
    batchDiversity === null
      ? undefined
      : { name: 'Batch diversity', value: batchDiversity.toFixed(3), meaning: '1 − mean pairwise ROUGE-L in a training batch: 1 is no words in common' },
    { name: 'Time', value: spanText(endedAt - startedAt), meaning: 'from creation to the last thing recorded, pauses included' },
  ]
  return figures.filter((figure) => figure !== undefined)
}

function spanText(ms: number): string {
  const seconds = Math.round(ms / 1000)
  if (seconds < 90) return `${seconds} s`
  const minutes = Math.round(seconds / 60)
  if (minutes < 90) return `${minutes} min`
  const hours = minutes / 60
  return hours < 48 ? `${hours.toFixed(1)} h` : `${(hours / 24).toFixed(1)} days`
}
