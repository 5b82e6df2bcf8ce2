import { type Answer, type Asked, Refusal, readJson } from './http.ts'
import {
  addCommit,
  type Change,
  type Commit,
  commitAt,
  createBranch,
  createRepository,
  lineOf,
  openPullRequest,
  type Repository,
  sha256Of,
} from './repositories.ts'

export type RepositoryHub = {
  readonly repositories: Map<string, Repository>
  /** Where uploads and downloads of large files go: another origin than the hub's, as with the real one. */
  readonly storageUrl: () => string
  readonly hubUrl: () => string
  /** Larger files go to LFS, as the ones that `.gitattributes` names. */
  readonly lfsAboveBytes: number
}

/** What `.gitattributes` of a new repository sends to LFS, as far as training writes such files. */
const largeEndings = /\.(safetensors|bin|pt|pth|ckpt|onnx|h5|npz|npy|parquet|pkl|pickle|model|gz|zip|tar|zst|msgpack|joblib|wasm)$/

/** A revision is one name (branches here have no slash), an id, or a reference such as `refs/pr/1`. */
const apiPath = /^\/api\/(model|dataset)s\/([^/]+\/[^/]+)(?:\/(revision|preupload|commit|tree|paths-info|branch)\/(refs\/[^/]+\/[^/]+|[^/]+)(?:\/(.*))?)?$/

/**
 * Repositories as `@huggingface/hub` 2.17 and `huggingface_hub` 2.4 ask for them: read in their sources (`commit.ts`, `file-download-info.ts`,
 * `_commit_api.py`, `lfs.py`). Large files go by git-lfs' basic transfer; Xet is not imitated, so Python needs HF_HUB_DISABLE_XET=1.
 */
export function answerRepository(asked: Asked, hub: RepositoryHub): Answer | undefined {
  if (asked.method === 'POST' && asked.path === '/api/repos/create') return create(asked, hub)
  const api = apiPath.exec(asked.path)
  if (api !== null) {
    const [, type, id, verb, revision = 'main', path = ''] = api
    const repository = find(hub, type!, id!)
    if (asked.method === 'POST' && verb === 'branch') return branch(asked, repository, revision)
    if (asked.method === 'GET' && (verb === undefined || verb === 'revision')) return info(repository, commitAt(repository, revision))
    if (asked.method === 'POST' && verb === 'preupload') return preupload(asked, repository, revision, hub)
    if (asked.method === 'POST' && verb === 'commit') return commit(asked, repository, revision, hub)
    if (asked.method === 'GET' && verb === 'tree') return tree(asked, commitAt(repository, revision), path, hub)
    if (asked.method === 'POST' && verb === 'paths-info') return pathsInfo(asked, commitAt(repository, revision))
  }
  const discussed = /^\/api\/(model|dataset)s\/([^/]+\/[^/]+)\/discussions$/.exec(asked.path)
  if (discussed !== null && asked.method === 'GET') return discussions(asked, find(hub, discussed[1]!, discussed[2]!))
  const lfs = /^\/(datasets\/)?([^/]+\/[^/]+)\.git\/info\/lfs\/objects\/batch$/.exec(asked.path)
  if (lfs !== null && asked.method === 'POST') return lfsBatch(asked, find(hub, lfs[1] === undefined ? 'model' : 'dataset', lfs[2]!), hub)
  const resolved = /^\/(datasets\/)?([^/]+\/[^/]+)\/resolve\/(refs\/[^/]+\/[^/]+|[^/]+)\/(.+)$/.exec(asked.path)
  if (resolved !== null && (asked.method === 'GET' || asked.method === 'HEAD')) {
    const repository = find(hub, resolved[1] === undefined ? 'model' : 'dataset', resolved[2]!)
    return resolve(asked, repository, commitAt(repository, resolved[3]!), resolved[4]!, hub)
  }
  return undefined
}

const keyOf = (type: string, id: string): string => `${type}s/${id}`

function find({ repositories }: RepositoryHub, type: string, id: string): Repository {
  const repository = repositories.get(keyOf(type, id))
  if (repository === undefined) throw new Refusal(404, 'Repository not found', 'RepoNotFound')
  return repository
}

function create(asked: Asked, hub: RepositoryHub): Answer {
  const {
    name,
    organization,
    type = 'model',
    visibility,
    private: isPrivate,
  } = readJson(asked, [...['name', 'organization', 'type', 'visibility', 'private', 'license', 'resourceGroupId', 'files']])
  if (type !== 'model' && type !== 'dataset') throw new Refusal(400, `Invalid repo type: ${String(type)}`)
  const id = `${String(organization ?? 'tester')}/${String(name)}`
  const url = `${hub.hubUrl()}/${type === 'dataset' ? 'datasets/' : ''}${id}`
  if (hub.repositories.has(keyOf(type, id))) return { status: 409, body: { error: `You already created this ${type} repo`, url } }
  hub.repositories.set(keyOf(type, id), createRepository(type, id, visibility === 'private' || isPrivate === true))
  return { body: { url, name: id, id: `id-${id}` } }
}

const info = ({ id, private: isPrivate }: Repository, { oid, at, files }: Commit): Answer => ({
  body: {
    ...{ _id: `id-${id}`, id, modelId: id, private: isPrivate, sha: oid, lastModified: at.toISOString(), createdAt: at.toISOString() },
    ...{ tags: [], downloads: 0, likes: 0, gated: false, disabled: false, siblings: [...files.keys()].map((rfilename) => ({ rfilename })) },
  },
})

function branch(asked: Asked, repository: Repository, name: string): Answer {
  const { startingPoint = 'main' } = readJson(asked, ['startingPoint', 'emptyBranch', 'overwrite'])
  createBranch(repository, name, String(startingPoint))
  return { status: 200, body: {} }
}

/** As `get_repo_discussions` of `huggingface_hub` reads it. */
function discussions(asked: Asked, { id, pullRequests }: Repository): Answer {
  const status = asked.query.get('status')
  const found = pullRequests.filter((one) => status === null || status === 'all' || one.status === status).toReversed()
  const shown = found.map(({ number, title, status: own }) => ({
    num: number,
    title,
    status: own,
    isPullRequest: true,
    repo: { name: id },
    author: { name: 'tester' },
  }))
  return { body: { discussions: shown, count: shown.length, start: 0 } }
}

const isLarge = (path: string, size: number, hub: RepositoryHub): boolean => largeEndings.test(path) || size > hub.lfsAboveBytes

function preupload(asked: Asked, repository: Repository, revision: string, hub: RepositoryHub): Answer {
  const { files: there } = commitAt(repository, revision)
  const { files } = readJson(asked, ['files', 'gitAttributes', 'gitIgnore']) as { files: { path: string; size: number; sample: string }[] }
  return {
    body: {
      files: files.map(({ path, size }) => {
        const known = there.get(path)
        const oid = known?.sha256 ?? known?.oid
        return { path, uploadMode: isLarge(path, size, hub) ? 'lfs' : 'regular', shouldIgnore: false, ...(oid === undefined ? {} : { oid }) }
      }),
    },
  }
}

function lfsBatch(asked: Asked, repository: Repository, hub: RepositoryHub): Answer {
  const { objects, hash_algo } = readJson(asked, ['operation', 'transfers', 'objects', 'hash_algo', 'ref']) as {
    objects: { oid: string; size: number }[]
    hash_algo?: string
  }
  if (hash_algo !== 'sha256' && hash_algo !== 'sha_256') throw new Refusal(400, `Invalid hash_algo: ${hash_algo}`)
  return {
    headers: { 'content-type': 'application/vnd.git-lfs+json' },
    body: {
      transfer: 'basic',
      objects: objects.map(({ oid, size }) => {
        if (repository.lfs.has(oid)) return { oid, size }
        const at = `${hub.storageUrl()}/upload/${keyOf(repository.type, repository.id)}/${oid}?signature=s`
        return { oid, size, authenticated: true, actions: { upload: { href: at } } }
      }),
    },
  }
}

function commit(asked: Asked, repository: Repository, revision: string, hub: RepositoryHub): Answer {
  const lines = asked.body
    .toString('utf8')
    .split('\n')
    .filter((line) => line.trim() !== '') // prettier-ignore
  const [first, ...rest] = lines.map((line) => JSON.parse(line) as { key: string; value: Record<string, unknown> })
  if (first?.key !== 'header') throw new Refusal(400, 'Expected a header line first')
  const line = lineOf(repository, revision)
  if (line === undefined) throw new Refusal(404, `Invalid rev id: ${revision}`, 'RevisionNotFound')
  const parent = first.value.parentCommit
  if (parent !== undefined && parent !== line.at(-1)!.oid) throw new Refusal(412, 'A commit has happened since. Please refresh and try again.')
  const changes = rest.map(({ key, value }) => changeOf(key, value, repository))
  const title = String(first.value.summary)
  const address = `${hub.hubUrl()}/${repository.type === 'dataset' ? 'datasets/' : ''}${repository.id}`
  const done = (oid: string): object => ({ success: true, commitOid: oid, commitUrl: `${address}/commit/${oid}`, hookOutput: '' })
  if (asked.query.get('create_pr') !== '1') return { body: done(addCommit(repository, title, changes, revision).oid) }
  const { pullRequest, commit: own } = openPullRequest(repository, title, String(first.value.description ?? ''), revision, changes)
  return { body: { ...done(own.oid), pullRequestUrl: `${address}/discussions/${pullRequest.number}` } }
}

function changeOf(key: string, value: Record<string, unknown>, repository: Repository): Change {
  const path = String(value.path)
  if (key === 'file') {
    if (value.encoding !== 'base64') throw new Refusal(400, `Invalid encoding: ${String(value.encoding)}`)
    return { add: path, bytes: Buffer.from(String(value.content), 'base64') }
  }
  if (key === 'lfsFile') {
    const bytes = repository.lfs.get(String(value.oid))
    if (bytes === undefined) throw new Refusal(422, `The LFS object ${String(value.oid)} of ${path} was not uploaded`)
    return { add: path, bytes, sha256: String(value.oid) }
  }
  if (key === 'deletedFile' || key === 'deletedFolder') return { delete: path, folder: key === 'deletedFolder' }
  throw new Refusal(400, `Invalid operation: ${key}`)
}

const entry = ([path, { oid, bytes, sha256 }]: [string, Commit['files'] extends ReadonlyMap<string, infer F> ? F : never]): object => ({
  ...{ type: 'file', path, oid, size: bytes.length },
  ...(sha256 === undefined ? {} : { lfs: { oid: sha256, size: bytes.length, pointerSize: 134 } }),
})

const treePage = 1000

function tree(asked: Asked, { files, oid }: Commit, path: string, hub: RepositoryHub): Answer {
  const folder = path === '' ? '' : `${path.replace(/\/$/, '')}/`
  const within = [...files].filter(([name]) => name.startsWith(folder)).sort(([a], [b]) => (a < b ? -1 : 1))
  if (within.length === 0 && folder !== '') throw new Refusal(404, `${path} does not exist on "main"`, 'EntryNotFound')
  const recursive = asked.query.get('recursive')?.toLowerCase() === 'true'
  const deep = ([name]: [string, unknown]): boolean => name.slice(folder.length).includes('/')
  const parts = within.filter(deep).map(([name]) => name.slice(folder.length).split('/').slice(0, -1))
  const paths = new Set(parts.flatMap((names) => names.map((_, depth) => names.slice(0, depth + 1).join('/'))))
  const folders = [...paths].filter((name) => recursive || !name.includes('/')).map((name) => ({ type: 'directory', path: `${folder}${name}`, oid, size: 0 }))
  const all = [...folders, ...within.filter((one) => recursive || !deep(one)).map(entry)]
  const from = Number(asked.query.get('cursor') ?? 0)
  const next = from + treePage
  const url = `${hub.hubUrl()}${asked.path}?recursive=${recursive}&cursor=${next}`
  return { body: all.slice(from, next), headers: next < all.length ? { link: `<${url}>; rel="next"` } : {} }
}

function pathsInfo(asked: Asked, { files, oid, title, at }: Commit): Answer {
  const { paths, expand } = readJson(asked, ['paths', 'expand']) as { paths: string[]; expand?: boolean }
  const lastCommit = { id: oid, title, date: at.toISOString() }
  const known = paths.flatMap((path) => (files.has(path) ? [entry([path, files.get(path)!])] : []))
  return { body: known.map((one) => (expand ? { ...one, lastCommit } : one)) }
}

function resolve(asked: Asked, repository: Repository, { files, oid: commitOid }: Commit, path: string, hub: RepositoryHub): Answer {
  const file = files.get(path)
  const headers = { 'x-repo-commit': commitOid, 'accept-ranges': 'bytes' }
  if (file === undefined) throw new Refusal(404, 'Entry not found', 'EntryNotFound')
  if (file.sha256 === undefined) return ranged(asked, file.bytes, { ...headers, etag: `"${file.oid}"`, 'content-type': 'text/plain; charset=utf-8' })
  const location = `${hub.storageUrl()}/download/${keyOf(repository.type, repository.id)}/${file.sha256}?signature=s`
  return { status: 302, headers: { ...headers, location, 'x-linked-size': String(file.bytes.length), 'x-linked-etag': `"${file.sha256}"` } }
}

function ranged(asked: Asked, bytes: Buffer, headers: Record<string, string>): Answer {
  const range = /^bytes=(\d+)-(\d*)$/.exec(asked.headers.range ?? '')
  if (range === null) return { body: bytes, headers }
  const from = Number(range[1])
  const to = Math.min(range[2] === '' ? bytes.length - 1 : Number(range[2]), bytes.length - 1)
  if (from >= bytes.length && bytes.length > 0) return { status: 416, headers: { 'content-range': `bytes */${bytes.length}` } }
  return { status: 206, body: bytes.subarray(from, to + 1), headers: { ...headers, 'content-range': `bytes ${from}-${to}/${bytes.length}` } }
}

/** Where large files are: addresses are signed, and a key that comes along is refused, as by the real storage. */
export function answerStorage(asked: Asked, hub: RepositoryHub): Answer {
  const [, verb, key, oid] = /^\/(upload|download)\/(.+)\/([0-9a-f]{64})$/.exec(asked.path) ?? []
  const repository = key === undefined ? undefined : hub.repositories.get(key)
  if (asked.headers.authorization !== undefined) throw new Refusal(400, 'Only one auth mechanism allowed')
  if (repository === undefined || oid === undefined || asked.query.get('signature') !== 's') throw new Refusal(403, 'Access denied')
  if (verb === 'upload' && asked.method === 'PUT') {
    if (sha256Of(asked.body) !== oid) throw new Refusal(400, 'The content does not have the SHA-256 that was announced')
    repository.lfs.set(oid, asked.body)
    return { headers: { etag: `"${oid}"` } }
  }
  const bytes = repository.lfs.get(oid)
  if (bytes === undefined) throw new Refusal(404, 'No such object')
  return ranged(asked, bytes, { etag: `"${oid}"`, 'content-type': 'application/octet-stream', 'accept-ranges': 'bytes' })
}
