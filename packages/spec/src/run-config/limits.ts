import * as z from 'zod'
import { count, describe } from './key-meta.ts'

export const limitsSchema = z
  .strictObject({
    concurrency: count('Most calls in flight.').default(16),
    adaptive: z
      .boolean()
      .default(true)
      .meta(
        describe(
          'Begin with fewer calls in flight, add some while answers come, halve their number when the provider is overloaded; `concurrency` stays the most. Off: always `concurrency`.',
        ),
      ),
    requestsPerMinute: count(
      'Requests sent per minute, spread evenly. What the provider states with its replies counts as well, whichever is lower; without this key it alone does.',
    ).optional(),
    tokensPerMinute: count('Tokens per minute, input plus the most the answer may have until it is there. As above.').optional(),
    maxAttempts: count('Tries of one call before the run pauses. Being told to slow down (429) is not counted as one.').default(6),
  })
  .meta(
    describe(
      'How fast the provider is asked. Requests and tokens per minute, and a provider’s request to wait, are counted over all runs of the store that use the same key and state such a limit, in whatever process; each run keeps to its own numbers, so state the same in all: whoever waited longest goes first, and others wait behind a stricter one. Calls in flight and attempts are per run.',
      { affects: 'speed' },
    ),
  )
