import { createHash } from 'node:crypto'
import { Refusal } from './http.ts'

export type StoredFile = {
  readonly bytes: Buffer
  /** SHA-1 of the blob that git would keep: of the pointer where the content is in LFS. */
  readonly oid: string
  /** Of the content; set for files in LFS. */
  readonly sha256?: string | undefined
}

export type Commit = { readonly oid: string; readonly title: string; readonly at: Date; readonly files: ReadonlyMap<string, StoredFile> }

export type Repository = {
  readonly type: 'model' | 'dataset'
  readonly id: string
  private: boolean
  /** The newest last. */
  readonly commits: Commit[]
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
  return { type, id, private: isPrivate, commits: [first], lfs: new Map() }
}

export const head = ({ commits }: Repository): Commit => commits.at(-1)!

/** `main`, or the id of a commit. */
export function commitAt(repository: Repository, revision: string): Commit {
  const commit = revision === 'main' || revision === 'HEAD' ? head(repository) : repository.commits.find(({ oid }) => oid === revision)
  if (commit === undefined) throw new Refusal(404, `Invalid rev id: ${revision}`, 'RevisionNotFound')
  return commit
}

/** One commit of all changes, or none. */
export function addCommit(repository: Repository, title: string, changes: readonly Change[]): Commit {
  const files = new Map(head(repository).files)
  for (const change of changes) {
    if ('add' in change) files.set(change.add, storedFile(change.bytes, change.sha256))
    else if (!removeFrom(files, change.delete, change.folder)) throw new Refusal(404, `A file with this name doesn't exist: ${change.delete}`, 'EntryNotFound')
  }
  const commit: Commit = { oid: sha1(head(repository).oid, title, String(repository.commits.length)), title, at: new Date(), files }
  repository.commits.push(commit)
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
