import { createHash } from 'node:crypto'
import { Refusal } from './http.ts'

type StoredFile = {
  readonly bytes: Buffer
  /** SHA-1 of the blob that git would keep: of the pointer where the content is in LFS. */
  readonly oid: string
  /** Of the content; set for files in LFS. */
  readonly sha256?: string | undefined
}

export type Commit = { readonly oid: string; readonly title: string; readonly at: Date; readonly files: ReadonlyMap<string, StoredFile> }

type PullRequest = { readonly number: number; readonly title: string; readonly description: string; status: 'open' | 'merged' | 'closed' }

export type Repository = {
  readonly type: 'model' | 'dataset'
  readonly id: string
  private: boolean
  /** Of main, the newest last. */
  readonly commits: Commit[]
  /** Of other branches, and of pull requests (`refs/pr/1`), the newest last. */
  readonly branches: Map<string, Commit[]>
  readonly pullRequests: PullRequest[]
  /** Uploaded content by SHA-256, whether or not a commit names it. */
  readonly lfs: Map<string, Buffer>
}

export type Change =
  | { readonly add: string; readonly bytes: Buffer; readonly sha256?: string | undefined }
  | { readonly delete: string; readonly folder: boolean }

const sha1 = (...parts: (Buffer | string)[]): string => parts.reduce((hash, part) => hash.update(part), createHash('sha1')).digest('hex')

export const sha256Of = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex')

export function createRepository(type: Repository['type'], id: string, isPrivate: boolean): Repository {
  const first: Commit = { oid: sha1(type, id), title: 'initial commit', at: new Date(), files: new Map() }
  return { type, id, private: isPrivate, commits: [first], branches: new Map(), pullRequests: [], lfs: new Map() }
}

export const head = ({ commits }: Repository): Commit => commits.at(-1)!

/** The commits of `main`, of a branch or of a pull request; undefined where there is no such line. */
export const lineOf = (repository: Repository, name: string): Commit[] | undefined =>
  name === 'main' || name === 'HEAD' ? repository.commits : repository.branches.get(name)

/** The newest of a line, or the commit with this id. */
export function commitAt(repository: Repository, revision: string): Commit {
  const all = [repository.commits, ...repository.branches.values()]
  const commit = lineOf(repository, revision)?.at(-1) ?? all.flat().find(({ oid }) => oid === revision)
  if (commit === undefined) throw new Refusal(404, `Invalid rev id: ${revision}`, 'RevisionNotFound')
  return commit
}

/** A new line that begins with a commit that is there. */
export function createBranch(repository: Repository, name: string, from: string): void {
  if (lineOf(repository, name) !== undefined) throw new Refusal(409, `Reference already exists: ${name}`)
  repository.branches.set(name, [commitAt(repository, from)])
}

/** The changes as a pull request to a line; the line itself stays as it is. */
export function openPullRequest(repository: Repository, title: string, description: string, from: string, changes: readonly Change[]) {
  const number = repository.pullRequests.length + 1
  const name = `refs/pr/${number}`
  createBranch(repository, name, from)
  const commit = addCommit(repository, title, changes, name)
  const pullRequest: PullRequest = { number, title, description, status: 'open' }
  repository.pullRequests.push(pullRequest)
  return { pullRequest, commit }
}

/** One commit of all changes, or none. */
export function addCommit(repository: Repository, title: string, changes: readonly Change[], lineName = 'main'): Commit {
  const line = lineOf(repository, lineName)
  if (line === undefined) throw new Refusal(404, `Invalid rev id: ${lineName}`, 'RevisionNotFound')
  const parent = line.at(-1)!
  const files = new Map(parent.files)
  for (const change of changes) {
    if ('add' in change) files.set(change.add, storedFile(change.bytes, change.sha256))
    else if (!removeFrom(files, change.delete, change.folder)) throw new Refusal(404, `A file with this name doesn't exist: ${change.delete}`, 'EntryNotFound')
  }
  const count = [repository.commits, ...repository.branches.values()].flat().length
  const commit: Commit = { oid: sha1(parent.oid, title, String(count)), title, at: new Date(), files }
  line.push(commit)
  return commit
}

function storedFile(bytes: Buffer, sha256: string | undefined): StoredFile {
  const content = sha256 === undefined ? bytes : Buffer.from(`version https://git-lfs.github.com/spec/v1\noid sha256:${sha256}\nsize ${bytes.length}\n`)
  return { bytes, sha256, oid: sha1(`blob ${content.length}\0`, content) }
}

function removeFrom(files: Map<string, StoredFile>, path: string, folder: boolean): boolean {
  if (!folder) return files.delete(path)
  const within = [...files.keys()].filter((name) => name.startsWith(`${path.replace(/\/$/, '')}/`))
  for (const name of within) files.delete(name)
  return within.length > 0
}
