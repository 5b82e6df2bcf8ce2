import { type FactKind, factKinds } from '@sedi/spec'
import * as z from 'zod'
import { Refusal } from '../problem.ts'
import { defineRoute, type Route } from '../route.ts'
import type { Numbered } from '../runs/fact-pages.ts'
import { runIdSchema } from '../runs/run-id.ts'
import type { ServerContext } from '../server-context.ts'
import { wholeNumber, yesOrNo } from './query.ts'

const known: ReadonlySet<string> = new Set(factKinds)
const numberPattern = /^\d{1,15}$/

const kindsSchema = z
  .string()
  .max(400)
  .refine((text) => text.split(',').every((kind) => known.has(kind)), `expected kinds of facts with commas between them: ${factKinds.join(', ')}`)
  .optional()
  .meta({ description: `Only facts of these kinds, with commas between them: ${factKinds.join(', ')}.`, example: 'candidate,step' })

export const eventRoutes: readonly Route[] = [
  defineRoute({
    id: 'streamEvents',
    method: 'get',
    path: '/v1/runs/{run}/events',
    summary: 'The run’s facts as server-sent events, as they are recorded',
    description:
      'Each event is a fact as JSON, its id the fact’s number. A reader that comes back with `Last-Event-ID` gets every later fact, once: they are read from the ledger. Closed when the run is deleted.',
    params: z.object({ run: runIdSchema }),
    query: z.strictObject({
      after: z
        .union([wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }), z.literal('latest')])
        .default(0)
        .meta({ description: 'Only facts with a larger number; `latest`: only what is recorded from now on. The header Last-Event-ID wins.' }),
      kind: kindsSchema,
      follow: yesOrNo.default(true).meta({ description: 'False: what is recorded now, and no more.' }),
    }),
    answer: { status: 200, description: 'Events without an end.', type: 'text/event-stream' },
    problems: [400, 404, 409, 503, 507],
    handle({ params: { run }, query, header, gone }, context) {
      const given = header('last-event-id')
      if (given !== undefined && given !== '' && !numberPattern.test(given))
        throw new Refusal(400, 'invalid-input', 'Last-Event-ID: expected the number of a fact, as an event’s id has it.')
      const after = given === undefined || given === '' ? query.after : Number(given)
      const kinds = query.kind === undefined ? undefined : new Set(query.kind.split(',') as FactKind[])
      return { type: 'text/event-stream', chunks: eventsOf(run, after, kinds, query.follow, gone, context) }
    },
  }),
]

async function* eventsOf(
  run: string,
  after: number | 'latest',
  kinds: ReadonlySet<FactKind> | undefined,
  follow: boolean,
  gone: AbortSignal,
  { feeds, streams, stopping }: ServerContext,
): AsyncGenerator<string> {
  const leave = streams.enter()
  try {
    for await (const page of feeds.follow(run, after, gone, follow)) {
      const text = page.filter(({ kind }) => kinds === undefined || kinds.has(kind)).map(eventOf)
      if (text.length > 0) yield text.join('')
      else if (page.length === 0) yield ': all is well\n\n'
    }
    // Not all readers should be back at once, and the next server needs a moment.
    if (stopping.aborted) yield `: the server stops\nretry: ${Math.round(1000 + 3000 * Math.random())}\n\n`
  } finally {
    leave()
  }
}

/** A line end inside the data would end it early; JSON has none. */
const eventOf = ({ seq, text }: Numbered): string => `id: ${seq}\ndata: ${text}\n\n`
