import { setTimeout as sleep } from 'node:timers/promises'
import { type CallOptions, type Moderator, SediError } from '@sedi/spec'
import { longestRetryAfterMs, retryDelayMs } from '../calls/retry.ts'
import { defineCheck } from './check.ts'

const maxAttempts = 6

/**
 * Harmful texts, as a moderation model sees them (`moderator`): instruction, input and output of a task as one text. The verdict is the provider’s,
 * at its thresholds; the finding names its categories. One request for all tasks of an answer; nothing is assumed when the service fails: the run pauses.
 */
export default defineCheck({
  id: 'moderation',
  title: 'harmful content, as the moderation model in `moderator` sees it',
  defaultMode: 'off',
  cost: 'request',
  create({ moderator, wait = pause }) {
    if (moderator === undefined)
      throw new SediError('invalid-config', 'The check “moderation” needs a moderation model: set moderator, or set filter.checks.moderation to off.')
    return async (tasks, _context, call) => {
      const texts = tasks.map(({ instruction, input, output }) => [instruction, input, output].filter((text) => text !== '').join('\n\n'))
      const findings: (string | undefined)[] = []
      const size = Math.min(texts.length, moderator.maxBatchSize)
      for (let begin = 0; begin < texts.length; begin += size) {
        for (const { flagged, categories } of await askPatiently(moderator, texts.slice(begin, begin + size), call, wait)) {
          findings.push(flagged ? `${moderator.provider} ${moderator.modelId}: ${categories.join(', ') || 'flagged'}` : undefined)
        }
      }
      return findings
    }
  },
})

async function askPatiently(moderator: Moderator, texts: readonly string[], call: CallOptions, wait: typeof pause) {
  for (let attempt = 1; ; attempt++) {
    try {
      const judged = await moderator.moderate(texts, call)
      if (judged.length === texts.length) return judged
      throw new SediError('provider-response', `${moderator.provider}: ${judged.length} judgements for ${texts.length} texts.`)
    } catch (error) {
      if (!SediError.is(error) || !error.retryable || attempt >= maxAttempts) throw error
      const delay = retryDelayMs(error, attempt, 0.5)
      if (delay > longestRetryAfterMs) throw error
      await wait(delay, call)
    }
  }
}

async function pause(ms: number, { signal }: CallOptions): Promise<void> {
  try {
    await sleep(ms, undefined, signal === undefined ? {} : { signal })
  } catch (cause) {
    throw new SediError('aborted', 'Stopped while waiting for the moderation model.', { cause })
  }
}
