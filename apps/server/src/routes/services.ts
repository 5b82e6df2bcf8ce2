import { composerNames, tokenizerNames } from '@sedi/kit'
import * as z from 'zod'
import { defineRoute, type Reply, type Route, type RouteInput } from '../route.ts'
import type { ServerContext } from '../server-context.ts'
import { receiveRows } from '../services/receive-rows.ts'
import { runService } from '../services/run-service.ts'
import type { ServiceRequest } from '../services/service-messages.ts'
import { numeric, wholeNumber, yesOrNo } from './query.ts'

const share = numeric({ min: 0, max: 1 })
const tokenizer = z
  .enum(tokenizerNames as unknown as [(typeof tokenizerNames)[number]])
  .default('rouge')
  .meta({ description: 'How texts are split into words.' })
const rowsIn = 'Rows are Alpaca, Self-Instruct or messages records, one JSON object a line.'

export const serviceRoutes: readonly Route[] = [
  defineRoute({
    id: 'filterRows',
    method: 'post',
    path: '/v1/filter',
    summary: 'Keep the rows whose instruction is new, as “sedi filter” does',
    description: `${rowsIn} With output=decisions a line for each usable row, in order, with its verdict, then one with the summary; with output=kept the kept rows as they came.`,
    upload: true,
    query: z.strictObject({
      threshold: share.default(0.85).meta({ description: 'Reject a row whose highest ROUGE-L F is greater than this.' }),
      field: z.string().min(1).max(100).default('instruction').meta({ description: 'The field that is compared.' }),
      tokenizer,
      semantic: share.optional().meta({ description: 'Then also reject a row whose cosine with an earlier one is greater than this.' }),
      heuristics: z.string().max(100).optional().meta({ description: 'A set of named rules to apply first: `alpaca`.' }),
      strict: yesOrNo.default(false).meta({ description: 'Fail on the first broken row.' }),
      output: z.enum(['decisions', 'kept']).default('decisions'),
    }),
    answer: { status: 200, description: 'JSON lines.', type: 'application/x-ndjson' },
    problems: [400, 413, 415, 503, 507],
    handle({ query: { output, semantic, ...options }, ...input }, context) {
      const given = { ...options, ...(semantic === undefined ? {} : { semantic: { threshold: semantic } }) }
      return serve((file) => ({ service: 'filter', file, output, options: given }), input, context)
    },
  }),
  defineRoute({
    id: 'batchRows',
    method: 'post',
    path: '/v1/batch',
    summary: 'Compose training batches of rows, as “sedi batch” does',
    description: `${rowsIn} A line for each batch with the ids of its rows (\`line-7\` where a row has none), then one with the summary.`,
    upload: true,
    query: z.strictObject({
      size: wholeNumber({ min: 1, max: 100_000 }).default(128).meta({ description: 'Instructions in a batch.' }),
      composer: z
        .enum(composerNames as unknown as [string, ...string[]])
        .default('round-robin')
        .meta({ description: 'How instructions become batches.' }),
      clusters: wholeNumber({ min: 1, max: 100_000 }).optional().meta({ description: 'For round-robin. Default: the batch size.' }),
      conflictThreshold: share.optional().meta({ description: 'Two instructions of a batch above this ROUGE-L F are a conflict. Default: 0.7.' }),
      epochs: numeric({ min: 0.01, max: 1000 }).default(1).meta({ description: 'Passes over the rows.' }),
      randomSeed: wholeNumber({ min: 0, max: 0xffffffff }).default(1),
      tokenizer,
    }),
    answer: { status: 200, description: 'JSON lines.', type: 'application/x-ndjson' },
    problems: [400, 413, 415, 503, 507],
    handle({ query, ...input }, context) {
      const options = Object.fromEntries(Object.entries(query).filter(([, value]) => value !== undefined))
      return serve((file) => ({ service: 'batch', file, options }), input, context)
    },
  }),
]

function serve(
  request: (file: string) => ServiceRequest,
  { upload, gone }: Pick<RouteInput<unknown, unknown, unknown>, 'upload' | 'gone'>,
  context: ServerContext,
): Reply {
  return { type: 'application/x-ndjson', chunks: answer() }

  async function* answer(): AsyncGenerator<string> {
    const leave = context.services.enter()
    try {
      const rows = await receiveRows(upload, context.limits.uploadBytes)
      try {
        yield* runService(request(rows.file), { megabytes: context.limits.serviceMegabytes, signal: gone })
      } finally {
        await rows.remove()
      }
    } finally {
      leave()
    }
  }
}
