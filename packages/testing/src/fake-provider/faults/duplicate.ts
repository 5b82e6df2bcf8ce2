import { deliver, type Faults, timedOut, uncertain } from './fault.ts'

const noGuarantee = 'OpenAI API reference: no idempotency for completions'

/** The server finished and the client does not know: asking again is paying again. The book has the client's own ids. */
export const duplicate = {
  late: {
    about: 'paid; the answer never leaves, the client runs out of patience',
    source: `${noGuarantee}; X-Client-Request-Id is only written down`,
    act: deliver('never'),
    expected: timedOut,
  },
  'lost-reply': { about: 'paid; the connection is closed instead of an answer', source: noGuarantee, act: deliver('close-before'), expected: uncertain },
} satisfies Faults
