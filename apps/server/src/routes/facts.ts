import { exportInstructions } from '@sedi/kit'
import { type FactKind, factKinds, rejectionReasons } from '@sedi/spec'
import * as z from 'zod'
import { defineRoute, jsonText, type Route } from '../route.ts'
import { runIdSchema } from '../runs/run-id.ts'
import { wholeNumber } from './query.ts'

const params = z.object({ run: runIdSchema })
const round = wholeNumber({ min: 0, max: 1_000_000 }).optional().meta({ description: 'Only of this round.' })
const id = (description: string) => z.string().min(1).max(200).optional().meta({ description })

const pageQuery = {
  after: wholeNumber({ min: 0, max: Number.MAX_SAFE_INTEGER }).default(0).meta({ description: 'Only facts with a larger number: `last` of the page before.' }),
  limit: wholeNumber({ min: 1, max: 1000 }).default(100).meta({ description: 'Facts in a page, at most.' }),
}

const pageSchema = z
  .object({
    items: z.array(z.looseObject({ seq: z.int(), kind: z.string() })),
    last: z.int().meta({ description: 'Where the next page begins: its `after`.' }),
    more: z.boolean().meta({ description: 'Whether there may be more now. Without, the same `after` brings what comes later.' }),
  })
  .meta({ id: 'Page' })

type Listing = { readonly name: string; readonly kind: FactKind; readonly summary: string; readonly filters: Readonly<Record<string, z.ZodType>> }

const listings: readonly Listing[] = [
  {
    name: 'instructions',
    kind: 'candidate',
    summary: 'Everything the teacher wrote, kept or not, with the reason, in run order',
    filters: {
      verdict: z.enum(['kept', 'rejected']).optional(),
      reason: z.enum(rejectionReasons).optional().meta({ description: 'Why it was rejected.' }),
      round,
      callId: id('Only items of this call.'),
      search: z.string().min(1).max(200).optional().meta({ description: 'Only with this text in instruction, input or output; case does not matter.' }),
    },
  },
  { name: 'calls', kind: 'call', summary: 'Recorded answers, with what was asked', filters: { round, stage: id('`tasks`, `answer`, …') } },
  { name: 'batches', kind: 'batch', summary: 'Training batches as composed', filters: { round } },
  { name: 'steps', kind: 'step', summary: 'What training on each batch told', filters: { round } },
  {
    name: 'seeds',
    kind: 'seed-event',
    summary: 'The history of the seed set: who joined and left it, and why',
    filters: { round, action: z.enum(['add', 'evict']).optional(), origin: z.enum(['human', 'machine']).optional(), seedId: id('Only of this seed.') },
  },
  {
    name: 'evals',
    kind: 'eval',
    summary: 'The student’s answers to test items, with their scores',
    filters: { round, evaluator: id('Only of this evaluator.') },
  },
]

const listingRoutes = listings.map(({ name, kind, summary, filters }) =>
  defineRoute({
    id: `list${name[0]!.toUpperCase()}${name.slice(1)}`,
    method: 'get',
    path: `/v1/runs/{run}/${name}`,
    summary,
    params,
    query: z.strictObject({ ...pageQuery, ...filters }),
    answer: { status: 200, description: 'A page of them.', schema: pageSchema },
    problems: [404, 507],
    async handle({ params: { run }, query }, { views }) {
      const { after, limit, search, ...given } = query as { readonly after: number; readonly limit: number; readonly search?: string }
      const where = Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined))
      return jsonText(await views.ask('page', { run, kind, where, after, limit, search }))
    },
  }),
)

export const factRoutes: readonly Route[] = [
  ...listingRoutes,
  defineRoute({
    id: 'listFacts',
    method: 'get',
    path: '/v1/runs/{run}/facts',
    summary: 'Every fact of the run’s ledger, in order of recording',
    params,
    query: z.strictObject({ ...pageQuery, kind: z.enum(factKinds).optional().meta({ description: 'Only facts of this kind.' }) }),
    answer: { status: 200, description: 'A page of them.', schema: pageSchema },
    problems: [404, 507],
    handle: async ({ params: { run }, query: { after, limit, kind } }, { views }) =>
      jsonText(await views.ask('page', { run, kind, where: {}, after, limit, search: undefined })),
  }),
  defineRoute({
    id: 'explain',
    method: 'get',
    path: '/v1/runs/{run}/explain/{id}',
    summary: 'Everything the run knows about an instruction, a seed or a call',
    params: params.extend({ id: z.string().min(1).max(200).meta({ description: 'An instruction (r01-c0000-i00), a call (r01-c0000) or a seed.' }) }),
    answer: { status: 200, description: 'By `kind`.', schema: z.looseObject({ kind: z.enum(['instruction', 'seed', 'call']) }).meta({ id: 'Explanation' }) },
    problems: [404, 507],
    handle: async ({ params: { run, id } }, { views }) => jsonText(await views.ask('explain', { run, id })),
  }),
  defineRoute({
    id: 'exportInstructions',
    method: 'get',
    path: '/v1/runs/{run}/export',
    summary: 'The kept instructions as JSON lines: id, instruction, input, output',
    params,
    answer: { status: 200, description: 'One line for each, in run order.', type: 'application/x-ndjson' },
    problems: [404, 507],
    handle: ({ params: { run }, gone }, { ledgers }) => ({
      type: 'application/x-ndjson',
      chunks: (async function* () {
        const held = await ledgers.hold(run)
        try {
          for await (const row of exportInstructions(held.ledger)) {
            if (gone.aborted) return
            yield `${JSON.stringify(row)}\n`
          }
        } finally {
          held.release()
        }
      })(),
    }),
  }),
]
