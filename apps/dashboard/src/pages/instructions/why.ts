import type { InstructionDetail } from '@sedi/spec/api'
import { formatNumber, formatShare } from '../../format.ts'

/** What a reason means, in few words, for lists and filters. */
export const reasonWords: Readonly<Record<string, string>> = {
  malformed: 'could not be read',
  truncated: 'cut off',
  heuristic: 'broke a rule',
  check: 'failed a check',
  contaminated: 'repeats a test task',
  similar: 'too similar in words',
  'similar-meaning': 'too similar in meaning',
  unanswered: 'got no usable answer',
}

type Judged = Pick<InstructionDetail, 'verdict' | 'reason' | 'detail' | 'score' | 'measure' | 'threshold' | 'nearest'>

/** Why an instruction was kept or not, as a sentence or two. */
export function whySentence({ verdict, reason, detail, score, measure, threshold, nearest }: Judged): string {
  const name = measure === 'cosine' ? 'cosine' : 'ROUGE-L'
  const compared = score === null || nearest === null ? undefined : `${name} ${formatNumber(score)} with ${nearest.id}`
  if (verdict === 'kept') {
    if (compared === undefined) return 'Kept: no earlier text has anything in common with it.'
    return `Kept: its nearest earlier text is unlike enough, ${compared}${threshold === null ? '' : `, where up to ${formatNumber(threshold)} is let pass`}.`
  }
  const exactly = detail === '' ? '' : ` ${asSentence(detail)}`
  switch (reason) {
    case 'similar':
    case 'similar-meaning': {
      const what = reason === 'similar' ? 'the words of an earlier text' : 'the meaning of an earlier text'
      return `Rejected: too close to ${what}${compared === undefined ? '' : `, ${compared}`}${threshold === null ? '' : `, above the threshold of ${formatNumber(threshold)}`}.`
    }
    case 'malformed':
      return `Rejected: this part of the answer could not be read as a task.${exactly}`
    case 'truncated':
      return `Rejected: the answer ended before it was complete.${exactly}`
    case 'heuristic':
      return `Rejected: it broke a rule of the run.${exactly}`
    case 'check':
      return `Rejected: a check found a defect.${exactly}`
    case 'contaminated':
      return `Rejected: it repeats a task that is held back for testing.${exactly}`
    case 'unanswered':
      return `Rejected: it passed the filter, but asking for its answer brought nothing usable.${exactly}`
    default:
      return `Rejected.${exactly}`
  }
}

/** How much of its answer’s price an item bears. */
export function priceShare(costUsd: number | null, callUsd: number | null, items: number): string | undefined {
  if (costUsd === null || callUsd === null || callUsd === 0) return undefined
  return `${formatShare(costUsd / callUsd)} of its answer, which brought ${items} ${items === 1 ? 'item' : 'items'}`
}

function asSentence(text: string): string {
  const trimmed = text.trim()
  return /[.!?…]$/.test(trimmed) ? trimmed : `${trimmed}.`
}
