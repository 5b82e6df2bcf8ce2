import { SediError } from '@sedi/spec'
import { comparisonSchema } from '@sedi/spec/api'
import * as z from 'zod'
import { defineRoute, type Route } from '../route.ts'
import { runIdSchema } from '../runs/run-id.ts'
import { yesOrNo } from './query.ts'

export const compareRoutes: readonly Route[] = [
  defineRoute({
    id: 'compareRuns',
    method: 'get',
    path: '/v1/compare',
    summary: 'Two runs side by side, with intervals and a sentence to quote; as “sedi compare --json”',
    query: z.strictObject({
      a: runIdSchema,
      b: runIdSchema,
      diversity: yesOrNo.default(false).meta({ description: 'Also measure how varied is what they kept: some seconds for each run.' }),
      unfinished: yesOrNo.default(false).meta({ description: 'Also compare runs that are not done, by the last round that both have evaluated.' }),
    }),
    answer: { status: 200, description: 'The comparison. Differences are B − A.', schema: comparisonSchema },
    problems: [404, 409, 503, 507],
    async handle({ query: { a, b, diversity, unfinished } }, { views, analyses }) {
      if (a === b) throw new SediError('conflict', `${a} was named twice: expected different runs.`)
      const ages = await Promise.all([a, b].map((run) => views.ask('age', { run })))
      return { json: await analyses.wait('compare', { runs: [a, b], diversity, unfinished }, ages) }
    },
  }),
]
