import { type CallOptions, SediError } from '@sedi/spec'
import { type HubAdvice, hubError } from '@sedi/trainers'

const advice: HubAdvice = {
  403: 'The key in HF_TOKEN must be allowed to write to this data set; --create-pr proposes a change to one that is not yours.',
  404: 'Check --repo and --branch; what a key may not see looks as if it were not there.',
  409: 'Somebody else changed the data set meanwhile. Push again: what is there now is looked at first.',
  429: 'Wait, and push again.',
  500: 'Push again: what is there already is not sent twice.',
}

export type HubAccess = {
  /** `https://huggingface.co`, without a slash at its end. */
  readonly url: string
  /** Begins with `hf_`. */
  readonly token: string
}

/** A data set as it stands on the hub, at one commit. */
export type RemoteDataset = { readonly private: boolean; readonly head: string }

type RemoteFile = {
  /** SHA-256 of the content for large files, else SHA-1 of the git blob: it changes exactly when the content does. */
  readonly hash: string
  readonly isLarge: boolean
}

type HubCommit = {
  readonly title: string
  readonly description: string
  readonly branch: string
  /** What it was decided on; the hub refuses the commit when something came between. Undefined in a new data set. */
  readonly parent: string | undefined
  readonly pullRequest: boolean
  readonly files: Readonly<Record<string, Blob>>
  readonly removed: readonly string[]
}

/** What publishing needs of the hub. Nothing is tried twice here: the caller looks again, which says more than a second attempt. */
export interface DatasetHub {
  readonly url: string
  /** Undefined where there is no such data set, or no such branch in it. */
  look(branch: string, call?: CallOptions): Promise<RemoteDataset | undefined>
  /** Hashes of those of these files that there are. */
  files(paths: readonly string[], commit: string, call?: CallOptions): Promise<ReadonlyMap<string, RemoteFile>>
  /** Undefined where there is no such file. */
  readText(path: string, commit: string, call?: CallOptions): Promise<string | undefined>
  create(isPrivate: boolean, call?: CallOptions): Promise<void>
  createBranch(branch: string, call?: CallOptions): Promise<void>
  /** Open pull requests with this title, newest first, as the revisions under which their files can be read. */
  openPullRequests(title: string, call?: CallOptions): Promise<readonly { readonly url: string; readonly revision: string }[]>
  /** All of it or nothing. Large files are uploaded first, the way the hub asks for (LFS or Xet). */
  commit(commit: HubCommit, call?: CallOptions): Promise<{ readonly id: string; readonly url: string; readonly pullRequestUrl: string | undefined }>
}

const answerMs = 60_000
/** Paths asked about in one request. */
const pathsPerRequest = 500

/** Through `@huggingface/hub`, loaded on first use. Errors: `missing-dependency`, and what `hubError` makes of the hub's. */
export function createDatasetHub({ url, token }: HubAccess, name: string): DatasetHub {
  const repo = { type: 'dataset', name } as const
  const address = { accessToken: token, hubUrl: url }

  async function ask<Result>(doing: string, { signal }: CallOptions, act: (sdk: Sdk, fetch: typeof globalThis.fetch) => Promise<Result>): Promise<Result> {
    const sdk = await loadSdk()
    const impatient: typeof fetch = (input, init) => fetch(input, { ...init, signal: allOf(signal, init?.signal ?? undefined, limitOf(input, init)) })
    return await act(sdk, impatient).catch((error: unknown) => {
      throw hubError(error, { doing, token, advice, aborted: signal?.aborted })
    })
  }

  return {
    url: `${url}/datasets/${name}`,

    look: (branch, call = {}) =>
      ask(`look at ${name}`, call, async (sdk, fetch) => {
        const found = await sdk.datasetInfo({ name, revision: branch, additionalFields: ['sha'], ...address, fetch }).catch(undefinedFor404)
        return found === undefined ? undefined : { private: found.private, head: found.sha }
      }),

    files: (paths, commit, call = {}) =>
      ask(`look into ${name}`, call, async (sdk, fetch) => {
        const found = new Map<string, RemoteFile>()
        for (let from = 0; from < paths.length; from += pathsPerRequest) {
          const page = await sdk.pathsInfo({ repo, paths: paths.slice(from, from + pathsPerRequest), revision: commit, ...address, fetch })
          for (const { path, oid, lfs } of page) found.set(path, { hash: lfs?.oid ?? oid ?? '', isLarge: lfs !== undefined })
        }
        return found
      }),

    readText: (path, commit, call = {}) =>
      ask(`read ${path} of ${name}`, call, async (sdk, fetch) => {
        const blob = await sdk.downloadFile({ repo, path, revision: commit, ...address, fetch })
        return (await blob?.text()) ?? undefined
      }),

    create: (isPrivate, call = {}) =>
      ask(`make the data set ${name}`, call, async (sdk, fetch) => {
        await sdk.createRepo({ repo, visibility: isPrivate ? 'private' : 'public', ...address, fetch })
      }),

    createBranch: (branch, call = {}) => ask(`make the branch ${branch}`, call, (sdk, fetch) => sdk.createBranch({ repo, branch, ...address, fetch })),

    openPullRequests: (title, call = {}) =>
      ask('list pull requests', call, async (_sdk, fetch) => {
        // The client has no such list. One page of the newest: an older proposal is made again rather than missed for good.
        const query = new URLSearchParams({ p: '0', type: 'pull_request', status: 'open' })
        const response = await fetch(`${url}/api/datasets/${name}/discussions?${query}`, { headers: { authorization: `Bearer ${token}` } })
        if (!response.ok) throw Object.assign(new Error((await response.text()).slice(0, 300)), { statusCode: response.status })
        const { discussions = [] } = (await response.json()) as { discussions?: readonly { readonly num?: unknown; readonly title?: unknown }[] }
        return discussions
          .filter((one) => one.title === title && Number.isInteger(one.num))
          .map(({ num }) => ({ url: `${url}/datasets/${name}/discussions/${num}`, revision: `refs/pr/${num}` }))
      }),

    commit: ({ title, description, branch, parent, pullRequest, files, removed }, call = {}) =>
      ask(`write to ${name}`, call, async (sdk, fetch) => {
        const added = Object.entries(files).map(([path, content]) => ({ operation: 'addOrUpdate' as const, path, content }))
        const operations = [...added, ...removed.map((path) => ({ operation: 'delete' as const, path }))]
        const done = await sdk.commit({
          ...{ repo, title, description, operations, branch, isPullRequest: pullRequest, ...address, fetch },
          ...(parent === undefined ? {} : { parentCommit: parent }),
          ...(call.signal === undefined ? {} : { abortSignal: call.signal }),
        })
        return { id: done!.commit.oid, url: done!.commit.url, pullRequestUrl: done!.pullRequestUrl }
      }),
  }
}

const allOf = (...signals: readonly (AbortSignal | undefined)[]): AbortSignal => AbortSignal.any(signals.filter((one) => one !== undefined))

/** An upload may take long; everything else is answered soon or not at all. */
const limitOf = (input: string | URL | Request, init: RequestInit | undefined): AbortSignal | undefined =>
  init?.method === 'PUT' || /\/commit\/|xet|cas/.test(String(input)) ? undefined : AbortSignal.timeout(answerMs)

type Sdk = typeof import('@huggingface/hub')

async function loadSdk(): Promise<Sdk> {
  try {
    return await import('@huggingface/hub')
  } catch (cause) {
    throw new SediError('missing-dependency', 'Pushing needs the package @huggingface/hub: npm install @huggingface/hub@^2.17.5', { cause })
  }
}

function undefinedFor404(error: { statusCode?: unknown }): undefined {
  if (error.statusCode === 404) return undefined
  throw error
}
