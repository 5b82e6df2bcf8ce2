import { type CallFact, SediError } from '@sedi/spec'

/** So many answers in a row without a word mean that the model cannot answer within its allowance. */
const mostInARow = 3

export type EmptyAnswers = {
  /** Takes note of a recorded answer; what to stop with, once there have been too many. */
  readonly seen: (answer: Pick<CallFact, 'callId' | 'text' | 'finishReason' | 'usage' | 'request'>) => SediError | undefined
}

/**
 * Notices a reasoning model that thinks until its allowance is used up, and is paid for it, without ever coming to an answer. Such a reply is an
 * answer, recorded and paid for; it is the run that must not go on buying more of them.
 */
export function createEmptyAnswers(): EmptyAnswers {
  let inARow = 0
  return {
    seen({ callId, text, finishReason, usage, request }) {
      inARow = finishReason === 'length' && text.trim() === '' ? inARow + 1 : 0
      if (inARow < mostInARow) return undefined
      const reasoned = usage.reasoningTokens === undefined ? '' : `, ${usage.reasoningTokens} of them on reasoning`
      return new SediError(
        'output-truncated',
        `${inARow} answers in a row used up their ${request.maxOutputTokens} output tokens before the first word (${callId}: ${usage.outputTokens ?? 'an unknown number'}${reasoned}). They are paid for and recorded. Start a run with a higher generator.maxOutputTokens or a lower generator.reasoningEffort, or resume this one as it is.`,
        { details: { charged: 'none' } },
      )
    },
  }
}
