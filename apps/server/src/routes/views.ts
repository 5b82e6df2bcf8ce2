import { rejectionReasons } from '@sedi/spec'
import {
  type DiversityMap,
  instructionSchema,
  lineageSchema,
  mapSchema,
  type Overview,
  overviewSchema,
  rowsSchema,
  type Thresholds,
  thresholdsSchema,
  trainingSchema,
} from '@sedi/spec/api'
import * as z from 'zod'
import type { Looked } from '../analyses/analyses.ts'
import type { Shadow } from '../analyses/analysis-messages.ts'
import { defineRoute, jsonText, type Route } from '../route.ts'
import { runIdSchema } from '../runs/run-id.ts'
import type { ServerContext } from '../server-context.ts'
import { wholeNumber } from './query.ts'

const params = z.object({ run: runIdSchema })
const problems = [404, 409, 503, 507]

const rowsQuery = z.strictObject({
  offset: wholeNumber({ min: 0, max: 1_000_000_000 }).default(0).meta({ description: 'Place of the first row in the list.' }),
  limit: wholeNumber({ min: 1, max: 500 }).default(100).meta({ description: 'Rows, at most.' }),
  verdict: z.enum(['kept', 'rejected']).optional(),
  reason: z.enum(rejectionReasons).optional().meta({ description: 'Why it was rejected.' }),
  round: wholeNumber({ min: 0, max: 1_000_000 }).optional().meta({ description: 'Only of this round.' }),
  search: z.string().min(1).max(200).optional().meta({ description: 'Only with this text in instruction, input or output; case does not matter.' }),
})

/** What pages show: computed of a run's ledger, in another thread or process. */
export const viewRoutes: readonly Route[] = [
  defineRoute({
    id: 'getOverview',
    method: 'get',
    path: '/v1/runs/{run}/overview',
    summary: 'A run at a glance: yield, dollars, the shadow baseline, time left, round by round',
    params,
    answer: { status: 200, description: 'The overview.', schema: overviewSchema },
    problems,
    async handle({ params: { run } }, context) {
      const overview = await context.views.ask('overview', { run })
      const starting = context.processes.isStarting(run) && !overview.held ? { state: 'starting', reason: '' } : {}
      return { json: { ...overview, ...starting, ...(await shadowOf(run, overview.raw, context)) } satisfies Overview }
    },
  }),
  defineRoute({
    id: 'listRows',
    method: 'get',
    path: '/v1/runs/{run}/rows',
    summary: 'Instructions by their place in a list, for one that is scrolled to anywhere',
    description: 'In run order. A search that is not through answers with what it has found, and goes on while somebody asks.',
    params,
    query: rowsQuery,
    answer: { status: 200, description: 'Some rows, and how many there are.', schema: rowsSchema },
    problems,
    handle: async ({ params: { run }, query }, { views }) => jsonText(await views.ask('rows', { run, ...query })),
  }),
  defineRoute({
    id: 'getInstruction',
    method: 'get',
    path: '/v1/runs/{run}/instruction/{id}',
    summary: 'Everything beside one instruction: why, what it resembles and in which words, where it came from, what became of it',
    params: params.extend({ id: z.string().min(1).max(200).meta({ description: 'r01-c0000-i00' }) }),
    answer: { status: 200, description: 'The instruction.', schema: instructionSchema },
    problems,
    handle: async ({ params: { run, id } }, { views }) => jsonText(await views.ask('instruction', { run, id })),
  }),
  defineRoute({
    id: 'getThresholds',
    method: 'get',
    path: '/v1/runs/{run}/thresholds',
    summary: 'What the filter would have kept at other thresholds: exact replays of the same answers',
    description:
      'Made in the background when it is first asked for, and again when the run has grown by a fifth. Of long runs only the first 100,000 texts are replayed; the first 10,000 are there sooner.',
    params,
    answer: { status: 200, description: 'The thresholds, or how far they are.', schema: thresholdsSchema },
    problems,
    async handle({ params: { run } }, { views, analyses }) {
      const { state, progress, value, error } = analyses.look('thresholds', { run }, await views.ask('age', { run }))
      const nothing = { thresholds: [], recorded: null, raw: 0, sampled: null, distinctOf: null }
      return { json: { state, progress, problem: error?.message ?? null, ...(value ?? nothing) } satisfies Thresholds }
    },
  }),
  defineRoute({
    id: 'getMap',
    method: 'get',
    path: '/v1/runs/{run}/map',
    summary: 'Texts in a plane, near each other when their words are, with clusters',
    description: 'Made in the background when it is first asked for, and again when the run has grown by a fifth. The same each time.',
    params,
    query: z.strictObject({
      points: wholeNumber({ min: 10, max: 10_000 }).default(5000).meta({ description: 'Texts placed, at most; of more an even sample.' }),
    }),
    answer: { status: 200, description: 'The map, or how far it is.', schema: mapSchema },
    problems,
    async handle({ params: { run }, query: { points } }, { views, analyses }) {
      const { state, progress, value, error } = analyses.look('map', { run, points }, await views.ask('age', { run }))
      const nothing = { method: '', of: 0, sampled: false, clusters: [], points: [] }
      return { json: { state, progress, problem: error?.message ?? null, ...(value ?? nothing) } satisfies DiversityMap }
    },
  }),
  defineRoute({
    id: 'getTraining',
    method: 'get',
    path: '/v1/runs/{run}/training',
    summary: 'Training step by step, with the windows feedback looked at and what was picked',
    params,
    query: z.strictObject({
      points: wholeNumber({ min: 10, max: 20_000 }).default(2000).meta({ description: 'Steps, at most; of more an even selection and all attractive ones.' }),
    }),
    answer: { status: 200, description: 'Steps and windows.', schema: trainingSchema },
    problems,
    handle: async ({ params: { run }, query: { points } }, { views }) => jsonText(await views.ask('training', { run, points })),
  }),
  defineRoute({
    id: 'getLineage',
    method: 'get',
    path: '/v1/runs/{run}/lineage',
    summary: 'Seeds, and who came from whom',
    params,
    query: z.strictObject({
      focus: z.string().min(1).max(200).optional().meta({ description: 'Only this seed with its forebears and heirs. Default: every seed, the newest 500.' }),
      depth: wholeNumber({ min: 0, max: 20 }).default(2).meta({ description: 'Generations of them.' }),
    }),
    answer: { status: 200, description: 'Seeds and edges.', schema: lineageSchema },
    problems,
    handle: async ({ params: { run }, query: { focus, depth } }, { views }) => jsonText(await views.ask('lineage', { run, focus, depth })),
  }),
]

/** Beside a run that has written nothing there is no baseline. */
async function shadowOf(run: string, raw: number, { views, analyses }: ServerContext): Promise<Pick<Overview, 'shadow' | 'shadowState'>> {
  if (raw === 0) return { shadow: null, shadowState: 'off' }
  const { state, value, error }: Looked<Shadow> = analyses.look('shadow', { run }, await views.ask('age', { run }))
  if (value === undefined) return { shadow: null, shadowState: error === undefined ? 'computing' : 'off' }
  const { threshold, kept, costPerKeptUsd, sameFilter, raw: asOfRaw, keptThen } = value
  return { shadow: { threshold, kept, costPerKeptUsd, sameFilter, asOfRaw, keptThen }, shadowState: state }
}
