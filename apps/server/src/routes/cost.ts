import { configOf, reportRun } from '@sedi/kit'
import * as z from 'zod'
import { defineRoute, type Route } from '../route.ts'
import { noSuchRun, runIdSchema } from '../runs/run-id.ts'

const usd = z.number().nullable()

const costSchema = z
  .object({
    costUsd: usd.meta({ description: 'Settled; null when a price is unknown.' }),
    embedUsd: usd.meta({ description: 'Part of it for embeddings.' }),
    uncertainUsd: z.number().meta({ description: 'The most that attempts without a recorded answer may have cost on top.' }),
    waitingUsd: z.number().meta({ description: 'The most that attempts may cost which go on at a provider.' }),
    projectedUsd: usd.meta({ description: 'What the run will have cost at its end if it goes on like this.' }),
    costPerKeptUsd: usd,
    budgetUsd: usd.meta({ description: 'What it may cost; null without a budget.' }),
    calls: z.int(),
    kept: z.int(),
    inputTokens: z.int(),
    cachedInputTokens: z.int(),
    outputTokens: z.int(),
    reasoningTokens: z.int(),
  })
  .meta({ id: 'Cost' })

export const costRoutes: readonly Route[] = [
  defineRoute({
    id: 'getCost',
    method: 'get',
    path: '/v1/runs/{run}/cost',
    summary: 'What the run has cost, may have cost, and will cost',
    params: z.object({ run: runIdSchema }),
    answer: { status: 200, description: 'Dollars and tokens.', schema: costSchema },
    problems: [404, 507],
    handle: async ({ params: { run } }, { ledgers, store }) => ({
      json: await ledgers.use(run, async (ledger) => {
        if ((await ledger.find('run')).length === 0) throw noSuchRun(run)
        const { budget } = await configOf(ledger)
        const report = await reportRun(ledger, await store.isHeld(run))
        return costSchema.parse({ ...report, budgetUsd: budget.maxCostUsd ?? null })
      }),
    }),
  }),
]
