import { type CallOptions, redact, SediError } from '@sedi/spec'
import * as z from 'zod'
import { usualPausesMs, withRetries } from '../remote/with-retries.ts'
import { type HubAdvice, hubError } from './hub-error.ts'

const advice: HubAdvice = {
  402: 'Jobs are paid in advance: add credit for trainer.namespace on the hub, then resume.',
  403: 'The key in HF_TOKEN must be allowed to write trainer.repository and to start jobs in trainer.namespace; jobs need a paid plan or prepaid credit.',
  404: 'Check trainer.repository, trainer.namespace and trainer.hubUrl; what a key may not see looks as if it were not there.',
}

export type HubSettings = {
  /** `https://huggingface.co` */
  readonly url: string
  readonly token: string
  /** `owner/name` of a model repository. */
  readonly repository: string
  /** Whose jobs, and whose bill. */
  readonly namespace: string
  /** Between attempts of what may be done twice. */
  readonly pausesMs?: readonly number[] | undefined
}

export type JobRequest = {
  readonly dockerImage: string
  readonly command: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly secrets: Readonly<Record<string, string>>
  readonly flavor: string
  readonly timeoutSeconds: number
  readonly labels: Readonly<Record<string, string>>
}

const jobSchema = z.looseObject({
  id: z.string().min(1),
  createdAt: z.string().optional(),
  labels: z.record(z.string(), z.string()).nullish(),
  // Not an enum: the SDK's type is older than the hub's stages, and the hub may have new ones.
  status: z.looseObject({ stage: z.string(), message: z.string().nullish() }),
})
export type HubJob = z.output<typeof jobSchema>

export type RemoteFile = {
  readonly path: string
  readonly bytes: number
  /** Of the content, for large files; of the git blob for others. Changes when the content does. */
  readonly oid: string
  readonly sha256?: string | undefined
}

/** The part of the hub that a trainer needs. Everything may be done twice, and is tried again when the hub fails, except `startJob`. */
export interface Hub {
  /** Makes the repository, private, where there is none. Throws `invalid-config` for a public one. */
  ensureRepository(call?: CallOptions): Promise<void>
  /** The newest commit; undefined where there is no such repository. */
  head(call?: CallOptions): Promise<string | undefined>
  /** What there is of these files at a commit. */
  look(paths: readonly string[], commit: string, call?: CallOptions): Promise<readonly RemoteFile[]>
  list(folder: string, call?: CallOptions): Promise<readonly RemoteFile[]>
  read(file: RemoteFile, commit: string, call?: CallOptions): Promise<Buffer>
  /** One commit. */
  commit(title: string, files: Readonly<Record<string, Uint8Array | string>>, removed?: readonly string[], call?: CallOptions): Promise<void>
  /** One attempt. An error without `details.status` in 400–499 leaves open whether there is a job now. */
  startJob(request: JobRequest, call?: CallOptions): Promise<HubJob>
  /** Undefined for one the hub does not know any more. */
  getJob(id: string, call?: CallOptions): Promise<HubJob | undefined>
  /** The oldest first. */
  findJobs(label: string, value: string, call?: CallOptions): Promise<readonly HubJob[]>
  /** Does nothing to one that has ended. */
  cancelJob(id: string, call?: CallOptions): Promise<void>
  /** The end of what the machine printed; empty where the hub has nothing. */
  lastWords(id: string, call?: CallOptions): Promise<string>
}

const answerMs = 60_000
const uploadMs = 600_000
const logMs = 10_000
const keptLines = 25

export function createHub({ url, token, repository, namespace, pausesMs = usualPausesMs }: HubSettings): Hub {
  const repo = { type: 'model', name: repository } as const
  const common = { accessToken: token, hubUrl: url }

  /** The SDK's jobs take no signal: it goes in here. */
  const fetchWith =
    ({ signal }: CallOptions, ms: number): typeof fetch =>
    (input, init) =>
      fetch(input, { ...init, signal: AbortSignal.any([AbortSignal.timeout(ms), ...[signal, init?.signal].filter((one) => one instanceof AbortSignal)]) })

  async function once<Result>(doing: string, call: CallOptions, act: (sdk: Sdk) => Promise<Result>): Promise<Result> {
    if (call.signal?.aborted) throw hubError(undefined, { doing, token, advice, aborted: true })
    const sdk = await loadSdk()
    return await act(sdk).catch((error: unknown) => {
      throw hubError(error, { doing, token, advice, aborted: call.signal?.aborted })
    })
  }
  const ask = <Result>(doing: string, call: CallOptions, act: (sdk: Sdk) => Promise<Result>): Promise<Result> =>
    withRetries(() => once(doing, call, act), { pausesMs, ...call })

  async function createRepository(call: CallOptions): Promise<void> {
    await ask(`make the repository ${repository}`, call, async (sdk) => {
      const made = sdk.createRepo({ repo, visibility: 'private', ...common, fetch: fetchWith(call, answerMs) })
      await made.catch((error: { statusCode?: unknown }) => {
        if (error.statusCode !== 409) throw error
      })
    })
  }

  return {
    async ensureRepository(call = {}) {
      const isPrivate = (): Promise<boolean | undefined> =>
        ask(`look at the repository ${repository}`, call, async (sdk) => {
          const found = sdk.modelInfo({ name: repository, ...common, fetch: fetchWith(call, answerMs) })
          return await found.then((info) => info.private).catch(undefinedFor404)
        })
      const known = await isPrivate()
      if (known === undefined) await createRepository(call)
      if ((known ?? (await isPrivate())) === false) {
        throw new SediError(
          'invalid-config',
          `trainer.repository: ${repository} is public, and a job’s examples and model would be too. Make it private on the hub, or name another one.`,
        )
      }
    },

    head: (call = {}) =>
      ask(`look at the repository ${repository}`, call, async (sdk) => {
        const found = sdk.modelInfo({ name: repository, additionalFields: ['sha'], revision: 'main', ...common, fetch: fetchWith(call, answerMs) })
        return (await found.catch(undefinedFor404))?.sha
      }),

    async look(paths, commit, call = {}) {
      const found = await ask(`look into ${repository}`, call, (sdk) =>
        sdk.pathsInfo({ repo, paths: [...paths], revision: commit, ...common, fetch: fetchWith(call, answerMs) }),
      )
      return found.map(fileOf)
    },

    list: (folder, call = {}) =>
      ask(`list ${folder}`, call, async (sdk) => {
        const entries = sdk.listFiles({ repo, path: folder, recursive: true, ...common, fetch: fetchWith(call, answerMs) })
        const all = (await Array.fromAsync(entries).catch(undefinedFor404)) ?? []
        return all.filter(({ type }) => type === 'file').map(fileOf)
      }),

    read: (file, commit, call = {}) =>
      ask(`read ${file.path}`, call, async (sdk) => {
        if (file.bytes === 0) return Buffer.alloc(0)
        const blob = await sdk.downloadFile({ repo, path: file.path, revision: commit, ...common, fetch: fetchWith(call, answerMs) })
        if (blob === null) throw new SediError('not-found', `${file.path} was in ${repository} and is not any more.`, { retryable: true })
        return Buffer.from(await blob.arrayBuffer())
      }),

    async commit(title, files, removed = [], call = {}) {
      const added = Object.entries(files).map(([path, content]) => ({
        operation: 'addOrUpdate' as const,
        path,
        content: new Blob([typeof content === 'string' ? content : new Uint8Array(content)]),
      }))
      const operations = [...added, ...removed.map((path) => ({ operation: 'delete' as const, path }))]
      await ask(`write to ${repository}`, call, (sdk) => sdk.commit({ repo, title, operations, ...common, fetch: fetchWith(call, uploadMs) }))
    },

    async startJob({ flavor, command, environment, secrets, labels, ...request }, call = {}) {
      const started = await once('start the job', call, (sdk) =>
        sdk.runJob({
          ...{ namespace, ...request, ...common, attempts: 1, command: [...command], fetch: fetchWith(call, answerMs) },
          ...{ environment: { ...environment }, secrets: { ...secrets }, labels: { ...labels } },
          flavor: flavor as Parameters<Sdk['runJob']>[0]['flavor'],
        }),
      )
      return parsed(started)
    },

    getJob: (id, call = {}) =>
      ask(`look at job ${id}`, call, async (sdk) => {
        const found = await sdk.getJob({ namespace, jobId: id, ...common, fetch: fetchWith(call, answerMs) }).catch(undefinedFor404)
        return found === undefined ? undefined : parsed(found)
      }),

    /** The SDK's own list neither filters nor turns pages. */
    async findJobs(label, value, call = {}) {
      const found: HubJob[] = []
      const query = new URLSearchParams({ label: `${label}=${value}` })
      for (let next: string | undefined = `${url}/api/jobs/${namespace}?${query}`; next !== undefined; ) {
        const at: string = next
        const page = await ask('list jobs', call, async () => {
          const response = await fetchWith(call, answerMs)(at, { headers: { authorization: `Bearer ${token}` } })
          if (!response.ok) throw Object.assign(new Error((await response.text()).slice(0, 300)), { statusCode: response.status })
          return { jobs: z.array(jobSchema).parse(await response.json()), link: response.headers.get('link') }
        })
        found.push(...page.jobs)
        next = nextPage(page.link, at)
      }
      return found.filter(({ labels }) => labels?.[label] === value).sort((a, b) => (a.createdAt ?? '').localeCompare(b.createdAt ?? ''))
    },

    cancelJob: (id, call = {}) =>
      ask(`cancel job ${id}`, call, async (sdk) => {
        const cancelled = sdk.cancelJob({ namespace, jobId: id, ...common, fetch: fetchWith(call, answerMs) })
        await cancelled.catch((error: { statusCode?: unknown }) => {
          // One that is gone, or has ended.
          if (![400, 404, 409, 410].includes(Number(error.statusCode))) throw error
        })
      }),

    async lastWords(id, call = {}) {
      const lines: string[] = []
      try {
        const sdk = await loadSdk()
        for await (const { message } of sdk.streamJobLogs({ namespace, jobId: id, ...common, fetch: fetchWith(call, logMs) })) {
          lines.push(String(message))
          if (lines.length > keptLines) lines.shift()
        }
      } catch {
        // What there is of it is enough; that there is none is no reason to fail.
      }
      return redact(lines.join('\n'), [token]).slice(-3000)
    },
  }
}

type Sdk = typeof import('@huggingface/hub')

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@huggingface/hub')
  } catch (cause) {
    throw new SediError('missing-dependency', 'The trainer “huggingface-jobs” needs the package @huggingface/hub: npm install @huggingface/hub@^2.17.5', {
      cause,
    })
  }
}

function undefinedFor404(error: { statusCode?: unknown }): undefined {
  if (error.statusCode === 404) return undefined
  throw error
}

function parsed(job: unknown): HubJob {
  const { data, error } = jobSchema.safeParse(job)
  if (data !== undefined) return data
  throw new SediError('provider-response', `Expected a job from the hub, got ${JSON.stringify(job)?.slice(0, 160)}: ${error?.issues[0]?.message}`, {
    retryable: true,
  })
}

const fileOf = ({ path, size, oid, lfs }: { path: string; size: number; oid?: string | undefined; lfs?: { oid: string } | undefined }): RemoteFile => ({
  path,
  bytes: size,
  oid: lfs?.oid ?? oid ?? '',
  ...(lfs === undefined ? {} : { sha256: lfs.oid }),
})

/** Only on the same server: the key goes along. */
function nextPage(link: string | null, from: string): string | undefined {
  const given = /<([^>]+)>;\s*rel="next"/.exec(link ?? '')?.[1]
  const next = given === undefined ? undefined : new URL(given, from)
  return next !== undefined && next.origin === new URL(from).origin ? next.href : undefined
}
