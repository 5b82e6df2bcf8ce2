import { configJsonSchema, planRun } from '@sedi/kit'
import * as z from 'zod'
import { receiveConfig } from '../guard/received-config.ts'
import { withoutSecrets } from '../guard/without-secrets.ts'
import { defineRoute, type Route } from '../route.ts'
import { lookWithSentTasks, taskSchema, withoutTaskFiles } from '../runs/sent-tasks.ts'
import { writtenConfigSchema } from '../runs/written-config.ts'

export const configRoutes: readonly Route[] = [
  defineRoute({
    id: 'getConfigSchema',
    method: 'get',
    path: '/v1/config/schema',
    summary: 'The JSON Schema of a run’s configuration',
    answer: { status: 200, description: 'JSON Schema 2020-12.', schema: z.looseObject({}) },
    handle: () => ({ json: configJsonSchema() }),
  }),
  defineRoute({
    id: 'planRun',
    method: 'post',
    path: '/v1/config/plan',
    summary: 'What a run would do and cost; sends nothing, creates nothing',
    body: z
      .strictObject({
        config: writtenConfigSchema,
        seeds: z.array(taskSchema).min(1).max(10_000).optional(),
        heldOut: z.array(taskSchema).min(1).max(100_000).optional(),
      })
      .meta({ id: 'PlannedRun' }),
    answer: {
      status: 200,
      description: 'The plan, and the configuration with every default filled in; no files of tasks that were sent along.',
      schema: z.looseObject({ estimate: z.looseObject({}), seeds: z.int(), notes: z.array(z.string()), config: z.looseObject({}) }).meta({ id: 'Plan' }),
    },
    problems: [400, 404],
    async handle({ body }, context) {
      return lookWithSentTasks(body.config, body, context.stateFolder, async (written) => {
        const { store: _, ...config } = await receiveConfig(written, context)
        const plan = await planRun({ ...config, store: context.storeAddress })
        return { json: { ...plan, config: withoutSecrets(withoutTaskFiles(config, body)) } }
      })
    },
  }),
]
