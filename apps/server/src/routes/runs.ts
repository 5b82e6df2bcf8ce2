import { configOf, createRun, notesOf, type RunReport, reportRun, type Stopped, stopRun } from '@sedi/kit'
import { type RunRequest, SediError } from '@sedi/spec'
import { runDetailSchema, runListSchema } from '@sedi/spec/api'
import * as z from 'zod'
import { receiveConfig } from '../guard/received-config.ts'
import { withoutSecrets } from '../guard/without-secrets.ts'
import { defineRoute, type Reply, type Route } from '../route.ts'
import { folderInStore, noSuchRun, runIdSchema } from '../runs/run-id.ts'
import { keepSentTasks, taskSchema } from '../runs/sent-tasks.ts'
import { writtenConfigSchema } from '../runs/written-config.ts'
import type { ServerContext } from '../server-context.ts'

const params = z.object({ run: runIdSchema })
const waitSeconds = z.number().min(0).max(60).default(10).meta({ description: 'How long to wait until the run confirms, in seconds.' })

const stoppedSchema = z
  .object({ run: z.string(), action: z.enum(['pause', 'cancel']), requested: z.boolean(), confirmed: z.boolean(), state: z.string(), reason: z.string() })
  .meta({ id: 'Stopped' })

const createSchema = z
  .strictObject({
    name: runIdSchema.optional().meta({ description: 'What the run is called. Default: date, time and recipe.' }),
    config: writtenConfigSchema,
    seeds: z.array(taskSchema).min(1).max(10_000).optional().meta({ description: 'Seeds sent along, in place of the key `seeds`.' }),
    heldOut: z.array(taskSchema).min(1).max(100_000).optional().meta({ description: 'A test set sent along, in place of `evaluation.heldOut`.' }),
    start: z.boolean().default(true).meta({ description: 'Whether to begin at once; otherwise with …/resume.' }),
  })
  .meta({ id: 'NewRun' })

const resumeSchema = z
  .strictObject({
    maxCostUsd: z.number().positive().optional().meta({ description: 'A new budget for the whole run.' }),
    maxTokens: z.int().positive().optional(),
    maxTrainingCostUsd: z.number().positive().optional(),
    concurrency: z.int().min(1).max(10_000).optional(),
  })
  .meta({ id: 'Resume' })

export const runRoutes: readonly Route[] = [
  defineRoute({
    id: 'listRuns',
    method: 'get',
    path: '/v1/runs',
    summary: 'Every run of the store, oldest first',
    answer: { status: 200, description: 'The runs with their states and totals.', schema: runListSchema },
    async handle(_, { views, processes }) {
      const runs = await views.ask('list', {})
      return { json: { runs: runs.map((run) => (processes.isStarting(run.runId) ? { ...run, state: 'starting', reason: '' } : run)) } }
    },
  }),
  defineRoute({
    id: 'createRun',
    method: 'post',
    path: '/v1/runs',
    summary: 'Create a run, and begin it',
    description: 'The run is created before the answer; a process of its own, which outlives this server, then carries it on.',
    starts: true,
    body: createSchema,
    answer: { status: 201, description: 'Created.', schema: z.object({ run: z.string(), state: z.string(), notes: z.array(z.string()) }) },
    problems: [400, 404, 409, 503, 507],
    async handle({ body }, context) {
      if (body.start) context.processes.assertRoom()
      const config = await receiveConfig(keepSentTasks(body.config, body, context.stateFolder), context)
      if (body.name !== undefined) await assertFree(body.name, context)
      const held = await createRun(config, body.name)
      await held.close()
      if (body.start) startInBackground(held.runId, held.folder, context)
      const location = `/v1/runs/${held.runId}`
      return { status: 201, headers: { location }, json: { run: held.runId, state: body.start ? 'starting' : 'created', notes: notesOf(config) } }
    },
  }),
  defineRoute({
    id: 'getRun',
    method: 'get',
    path: '/v1/runs/{run}',
    summary: 'Where a run is: yield, cost, training, seeds, configuration',
    params,
    answer: { status: 200, description: 'The run.', schema: runDetailSchema },
    problems: [404, 507],
    async handle({ params: { run } }, { ledgers, store, processes }) {
      return ledgers.use(run, async (ledger) => {
        const held = await store.isHeld(run)
        const [fact] = await ledger.find('run')
        if (fact === undefined) throw noSuchRun(run)
        const report: RunReport = await reportRun(ledger, held)
        const config = withoutSecrets(fact.config)
        const state = processes.isStarting(run) && !held ? { state: 'starting', reason: '' } : {}
        const notes = notesOf(await configOf(ledger))
        return { json: { ...report, ...state, held, config, notes, failure: processes.lastFailure(run) ?? null } }
      })
    },
  }),
  stopRoute('pause', 'Pause a run: what is in flight is finished and recorded'),
  stopRoute('cancel', 'Cancel a run for good; what it recorded stays'),
  defineRoute({
    id: 'resumeRun',
    method: 'post',
    path: '/v1/runs/{run}/resume',
    summary: 'Continue a paused, interrupted or not yet begun run',
    starts: true,
    params,
    body: resumeSchema,
    answer: { status: 202, description: 'A process writes it again.', schema: z.object({ run: z.string(), state: z.literal('running') }) },
    problems: [400, 402, 404, 409, 503, 504, 507],
    async handle({ params: { run }, body }, context) {
      const folder = await folderInStore(context.store, context.storeAddress, run)
      await assertResumable(run, context)
      await context.processes.start(run, folder, resumeOptions(body))
      return { status: 202, json: { run, state: 'running' } }
    },
  }),
]

/** Rejects with `conflict` when there is a run of that name. */
async function assertFree(name: string, { store, storeAddress }: ServerContext): Promise<void> {
  const taken = await folderInStore(store, storeAddress, name).then(
    () => true,
    (error: unknown) => {
      if (SediError.is(error, 'not-found')) return false
      throw error
    },
  )
  if (taken) throw new SediError('conflict', `There is already a run “${name}”. Choose another name, or leave it out.`)
}

/** What goes wrong from here on is shown with the run. */
function startInBackground(runId: string, folder: string, { processes }: ServerContext): void {
  processes.start(runId, folder, []).catch(() => {})
}

async function assertResumable(run: string, { ledgers, store }: ServerContext): Promise<void> {
  const state = await ledgers.use(run, async (ledger) => (await ledger.find('run-state')).at(-1)?.state)
  if (state === 'cancelled') throw new SediError('conflict', `The run ${run} was cancelled, and is not continued. What it recorded stays.`)
  if (await store.isHeld(run)) throw new SediError('conflict', `The run ${run} is running already: some process writes it.`)
  if (state === 'done') throw new SediError('conflict', `The run ${run} is done; there is nothing to continue.`)
}

function resumeOptions({ maxCostUsd, maxTokens, maxTrainingCostUsd, concurrency }: z.output<typeof resumeSchema>): string[] {
  const given = { '--max-cost': maxCostUsd, '--max-tokens': maxTokens, '--max-training-cost': maxTrainingCostUsd, '--concurrency': concurrency }
  return Object.entries(given).flatMap(([option, value]) => (value === undefined ? [] : [option, String(value)]))
}

function stopRoute(action: RunRequest['action'], summary: string): Route {
  return defineRoute({
    id: `${action}Run`,
    method: 'post',
    path: `/v1/runs/{run}/${action}`,
    summary,
    params,
    body: z.strictObject({ waitSeconds }).meta({ id: 'Stop' }),
    answer: { status: 200, description: 'Confirmed, or nothing to do.', schema: stoppedSchema },
    otherAnswer: { status: 202, description: 'The run was asked, and has not confirmed it in that time; it will.', schema: stoppedSchema },
    problems: [404, 409, 502, 507],
    async handle({ params: { run }, body, gone }, context): Promise<Reply> {
      await folderInStore(context.store, context.storeAddress, run)
      await context.processes.settled(run)
      const stopped: Stopped = await stopRun(run, context.store, { action, waitMs: body.waitSeconds * 1000, signal: gone })
      return { status: stopped.confirmed ? 200 : 202, json: stopped }
    },
  })
}
