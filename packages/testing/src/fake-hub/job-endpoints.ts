import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { type Answer, type Asked, Refusal, readJson } from './http.ts'
import type { HubJob, JobRequest, Jobs } from './jobs.ts'

export type JobHub = {
  readonly jobs: Jobs
  readonly hubUrl: () => string
  /** Jobs on a page of the list. */
  readonly pageSize: number
}

/** Per minute, as `GET /api/jobs/hardware` told in autumn 2026. */
const hardware = [
  { name: 'cpu-basic', prettyName: 'CPU Basic', cpu: '2 vCPU', ram: '16 GB', accelerator: null, unitCostMicroUSD: 167 },
  {
    ...{ name: 'a10g-small', prettyName: 'Nvidia A10G - small', cpu: '4 vCPU', ram: '15 GB', unitCostMicroUSD: 16_667 },
    accelerator: { type: 'gpu', model: 'A10G', quantity: '1', vram: '24 GB', manufacturer: 'Nvidia' },
  },
].map((one) => ({ ...one, unitCostUSD: one.unitCostMicroUSD / 1e6, unitLabel: 'minute' }))

/**
 * Jobs as `@huggingface/hub` 2.17 (`src/lib/jobs`) and `huggingface_hub` 2.4 (`run_job`, `list_jobs`, `_jobs_api.py`) ask for them. What the hub
 * says of a job that it ended for its time (`ERROR`, a message with “timeout”) is not written down there and taken from no source.
 */
export function answerJobs(asked: Asked, hub: JobHub): Answer | undefined {
  if (asked.method === 'GET' && asked.path === '/api/jobs/hardware') return { body: hardware }
  const [, namespace, id, verb] = /^\/api\/jobs\/([^/]+)(?:\/([^/]+))?(?:\/(cancel))?$/.exec(asked.path) ?? []
  if (namespace === undefined) return undefined
  if (id === undefined) {
    if (asked.method === 'POST') return { body: shown(hub.jobs.run(namespace, readJobRequest(asked))) }
    return asked.method === 'GET' ? list(asked, namespace, hub) : undefined
  }
  const job = find(hub, namespace, id)
  if (verb === 'cancel' && asked.method === 'POST') {
    hub.jobs.cancel(job)
    return { body: shown(job) }
  }
  return asked.method === 'GET' && verb === undefined ? { body: shown(job) } : undefined
}

function find({ jobs }: JobHub, namespace: string, id: string): HubJob {
  const job = jobs.all.find((one) => one.id === id && one.namespace === namespace)
  if (job === undefined) throw new Refusal(404, 'Job not found', 'JobNotFound')
  return job
}

/** The form in which the hub shows a job: of secrets only their names. */
const shown = ({ id, namespace, request, createdAt, stage, message }: HubJob): object => ({
  ...{ type: 'job', id, createdAt: createdAt.toISOString(), dockerImage: request.dockerImage ?? null, spaceId: request.spaceId ?? null },
  ...{ command: request.command, arguments: request.arguments, environment: request.environment, secrets: Object.keys(request.secrets) },
  ...{ flavor: request.flavor, labels: request.labels, timeoutSeconds: request.timeoutSeconds, attempts: 1 },
  ...{ status: { stage, message, failureCount: 0 }, owner: { id: `id-${namespace}`, name: namespace, type: 'user' } },
})

const requestKeys = [
  ...['dockerImage', 'spaceId', 'command', 'arguments', 'environment', 'secrets', 'flavor', 'arch', 'timeoutSeconds', 'attempts'],
  ...['labels', 'volumes', 'expose', 'ssh', 'network', 'resourceGroupId'],
]

function readJobRequest(asked: Asked): JobRequest {
  const value = readJson(asked, requestKeys)
  const { dockerImage, spaceId, command, flavor, timeoutSeconds = 1800 } = value
  const texts = (key: string): Record<string, string> => {
    const found = (value[key] ?? {}) as Record<string, unknown>
    if (Object.values(found).some((one) => typeof one !== 'string')) throw new Refusal(400, `${key}: expected texts`)
    return found as Record<string, string>
  }
  if ((dockerImage === undefined) === (spaceId === undefined)) throw new Refusal(400, 'Either dockerImage or spaceId must be provided')
  if (!Array.isArray(command) || command.length === 0) throw new Refusal(400, 'command: expected an array of texts')
  if (!hardware.some(({ name }) => name === flavor)) throw new Refusal(400, `Invalid flavor: ${String(flavor)}`)
  if (!Number.isInteger(timeoutSeconds) || Number(timeoutSeconds) < 1) throw new Refusal(400, 'timeoutSeconds: expected a positive integer')
  const labels = texts('labels')
  for (const word of Object.entries(labels).flat()) if (!/^[\w.-]{1,100}$/.test(word)) throw new Refusal(400, `Invalid label: ${word}`)
  return {
    ...{ dockerImage: dockerImage as string | undefined, spaceId: spaceId as string | undefined, command, arguments: (value.arguments ?? []) as string[] },
    ...{ environment: texts('environment'), secrets: texts('secrets'), flavor: String(flavor), timeoutSeconds: Number(timeoutSeconds), labels },
  }
}

function list(asked: Asked, namespace: string, { jobs, hubUrl, pageSize }: JobHub): Answer {
  const labels = asked.query.getAll('label').map((pair) => pair.split('=') as [string, string])
  const stages = asked.query.getAll('stage')
  const found = jobs.all
    .filter((job) => job.namespace === namespace && labels.every(([key, value]) => job.request.labels[key] === value))
    .filter(({ stage }) => stages.length === 0 || stages.includes(stage))
    .toReversed()
  const from = Number(asked.query.get('cursor') ?? 0)
  const query = new URLSearchParams(asked.query)
  query.set('cursor', String(from + pageSize))
  const link = from + pageSize < found.length ? { link: `<${hubUrl()}${asked.path}?${query}>; rel="next"` } : {}
  return { body: found.slice(from, from + pageSize).map(shown), headers: link }
}

/** A job's log as events of a server: what was said so far, then what is said, until the job has ended. False where nothing of the kind was asked. */
export async function streamLog(asked: Asked, response: ServerResponse, hub: JobHub): Promise<boolean> {
  const [, namespace, id] = /^\/api\/jobs\/([^/]+)\/([^/]+)\/logs$/.exec(asked.path) ?? []
  if (namespace === undefined || id === undefined) return false
  const job = find(hub, namespace, id)
  response.writeHead(200, { 'content-type': 'text/event-stream' })
  for (let told = 0; !response.destroyed; await wait(20)) {
    for (; told < job.log.length; told++) response.write(`data: ${JSON.stringify(job.log[told])}\n\n`)
    if (job.stage !== 'RUNNING' && job.stage !== 'SCHEDULING') break
  }
  response.end()
  return true
}
