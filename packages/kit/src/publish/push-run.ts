import { openAsBlob } from 'node:fs'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type CallOptions, type RunStore, SediError } from '@sedi/spec'
import { reportRun } from '../runs/run-report.ts'
import { licenseOf, missingLicense, readCard } from './card/data-card.ts'
import { createDatasetHub, type DatasetHub, type HubAccess, type RemoteDataset } from './dataset-hub.ts'
import { cardPath, type DatasetPackage, makePackage, manifestPath, type PackageFile, type PackageOptions } from './dataset-package.ts'
import { checkLicense } from './licenses.ts'

export type PushOptions = PackageOptions & {
  /** Where to, and the key; undefined: a dry run that looks at no hub. */
  readonly hub: HubAccess | undefined
  /** A new data set is private; one that is there must be. @default false */
  readonly private?: boolean | undefined
  /** @default 'main' */
  readonly branch?: string | undefined
  /** Propose the change instead of making it. @default false */
  readonly pullRequest?: boolean | undefined
  /** Push a run that has not ended. @default false */
  readonly unfinished?: boolean | undefined
  /** Replace data that SeDi did not push. @default false */
  readonly overwrite?: boolean | undefined
  /** Make everything, compare, send nothing. @default false */
  readonly dryRun?: boolean | undefined
  /** Where to leave the files. @default a temporary folder that goes */
  readonly folder?: string | undefined
}

export type FileChange = { readonly path: string; readonly change: 'added' | 'changed' | 'removed'; readonly bytes: number }

export type Pushed = {
  readonly run: string
  readonly repo: string
  /** Of the rows. */
  readonly shape: string
  readonly url: string | undefined
  /** `planned`: a dry run with something to do. `unchanged`: the data set, or an open pull request, is like this already. */
  readonly action: 'created' | 'updated' | 'proposed' | 'unchanged' | 'planned'
  /** Whether there was such a data set; undefined when no hub was asked. */
  readonly isNew: boolean | undefined
  readonly private: boolean | undefined
  readonly branch: string
  readonly commit: string | undefined
  readonly pullRequestUrl: string | undefined
  readonly changes: readonly FileChange[]
  readonly rows: { readonly train: number; readonly test: number | undefined }
  /** What had been pushed there before. */
  readonly before: { readonly run: string; readonly shape: string; readonly rows: { readonly train: number; readonly test: number | undefined } } | undefined
  readonly notes: readonly string[]
}

/**
 * Publishes the kept instructions of a run as a data set on the hub, in one commit: data, card, plots, lineage. What is there already is not sent again, and
 * where nothing differs nothing is committed. Of the card only SeDi's part and metadata change; files of earlier pushes that are not part of this one are removed,
 * others left.
 *
 * Throws `storage` for a damaged run, `conflict` for one that has not ended, for data there that SeDi did not push, and when somebody else commits meanwhile;
 * `invalid-config` without a licence or when a private push would go public; `not-found`, `invalid-credential`, `rate-limited` and `provider-response` as the hub has it.
 */
export async function pushRun(store: RunStore, run: string, options: PushOptions, call: CallOptions = {}): Promise<Pushed> {
  checkNames(options)
  await checkRun(store, run, options)
  // What can be refused is refused before anything is made.
  const hub = options.hub && createDatasetHub(options.hub, options.repo)
  const remote = hub && (await lookAt(hub, options, call))
  checkLicensed(remote, options)
  const ledger = await store.read(run)
  const folder = options.folder ?? (await mkdtemp(join(tmpdir(), 'sedi-push-')))
  try {
    const made = await makePackage(ledger, folder, options, options.hub?.token)
    return hub === undefined || remote === undefined
      ? await planAlone(ledger.runId, made, options)
      : await pushPackage(ledger.runId, made, hub, remote, options, call)
  } finally {
    await ledger.close()
    if (options.folder === undefined) await rm(folder, { recursive: true, force: true })
  }
}

function checkNames({ repo, license, language = [] }: PushOptions): void {
  if (!/^[\w][\w.-]{0,95}\/[\w][\w.-]{0,95}$/.test(repo) || /--|\.\.|\.git$|[.-]$/.test(repo))
    throw new SediError('invalid-config', `--repo: expected owner/name in letters, digits, -, _ and ., got “${repo}”.`)
  if (license !== undefined) checkLicense(license)
  const strange = language.find((code) => !/^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(code))
  if (strange !== undefined) throw new SediError('invalid-config', `--language: expected ISO 639 codes like en or pt-BR, got “${strange}”.`)
}

async function checkRun(store: RunStore, run: string, { unfinished = false }: PushOptions): Promise<void> {
  if (await store.isHeld(run))
    throw new SediError(
      'conflict',
      `The run ${run} is being written. Wait for its end, or pause it (“sedi pause ${run}”) and push what there is with --unfinished.`,
    )
  const { damage } = await store.check(run)
  if (damage.length > 0)
    throw new SediError(
      'storage',
      `The run ${run} is damaged (${damage[0]!.detail}), so nothing is pushed from it. “sedi doctor ${run} --salvage DIR” saves what can be read.`,
      { details: { damaged: true } },
    )
  const ledger = await store.read(run)
  try {
    const { state, reason } = await reportRun(ledger, false)
    if (state !== 'done' && !unfinished)
      throw new SediError('conflict', `The run ${ledger.runId} has not ended: it is ${state} (${reason}). Let it end, or push what there is with --unfinished.`)
  } finally {
    await ledger.close()
  }
}

/** What is there: on the branch, or where a new branch would begin. */
type Remote = {
  /** Undefined: no such data set, or no such branch yet. */
  readonly found: RemoteDataset | undefined
  /** What is compared with. */
  readonly base: RemoteDataset | undefined
  readonly card: string | undefined
  readonly manifest: string | undefined
}

async function lookAt(hub: DatasetHub, { repo, branch = 'main', pullRequest = false, ...options }: PushOptions, call: CallOptions): Promise<Remote> {
  const found = await hub.look(branch, call)
  const base = found ?? (branch === 'main' ? undefined : await hub.look('main', call))
  if (base === undefined && pullRequest)
    throw new SediError(
      'not-found',
      `There is no data set ${repo} to propose a change to, or the key in HF_TOKEN may not see it. Without --create-pr it is made.`,
    )
  // An existing one never changes its visibility here, and a private push never goes public.
  if (base !== undefined && !base.private && options.private === true)
    throw new SediError('invalid-config', `--private: ${repo} is there and public. Make it private on the hub, or name another one.`)
  if (base === undefined) return { found, base, card: undefined, manifest: undefined }
  return { found, base, card: await hub.readText(cardPath, base.head, call), manifest: await hub.readText(manifestPath, base.head, call) }
}

function checkLicensed(remote: Remote | undefined, { license }: PushOptions): void {
  if (license === undefined && (remote?.card === undefined || licenseOf(readCard(remote.card)) === undefined)) throw missingLicense()
}

type Same = Pick<Pushed, 'run' | 'repo' | 'shape' | 'branch' | 'rows' | 'notes'>

const sameOf = (run: string, { shape, rows, notes }: DatasetPackage, { repo, branch = 'main' }: PushOptions): Same => ({
  run,
  repo,
  shape,
  branch,
  rows,
  notes,
})

async function planAlone(run: string, made: DatasetPackage, options: PushOptions): Promise<Pushed> {
  const files = [...made.files, await made.card(undefined)]
  const changes = files.map(({ path, bytes }) => ({ path, change: 'added' as const, bytes }))
  const unknown = { url: undefined, isNew: undefined, private: options.private, commit: undefined, pullRequestUrl: undefined, before: undefined }
  return { ...sameOf(run, made, options), ...unknown, action: 'planned', changes }
}

async function pushPackage(run: string, made: DatasetPackage, hub: DatasetHub, remote: Remote, options: PushOptions, call: CallOptions): Promise<Pushed> {
  const { branch = 'main', pullRequest = false } = options
  const { found, base } = remote
  const plan = await compare(made, hub, remote, options, call)
  const result = {
    ...sameOf(run, made, options),
    ...{ url: hub.url, isNew: base === undefined, private: base?.private ?? options.private ?? false, before: plan.before, changes: plan.changes },
    ...{ commit: undefined, pullRequestUrl: undefined },
  }
  if (base !== undefined && found !== undefined && plan.changes.length === 0) return { ...result, action: 'unchanged', commit: base.head }
  const title = titleOf(run, made, base === undefined)
  const proposal = pullRequest ? await findProposal(hub, title, plan, call) : undefined
  if (proposal !== undefined) return { ...result, action: 'unchanged', pullRequestUrl: proposal, changes: [] }
  if (options.dryRun) return { ...result, action: 'planned' }

  if (base === undefined) await hub.create(options.private ?? false, call)
  if (found === undefined && branch !== 'main') await hub.createBranch(branch, call)
  if (base !== undefined && plan.changes.length === 0) return { ...result, action: 'updated', commit: base.head }
  const files: Record<string, Blob> = {}
  for (const { path } of plan.send) files[path] = await openAsBlob(join(made.folder, path))
  const removed = plan.changes.flatMap(({ path, change }) => (change === 'removed' ? [path] : []))
  const commit = { title, description: descriptionOf(plan), branch, parent: base?.head, pullRequest, files, removed }
  const done = await hub.commit(commit, call).catch((error: unknown) => lostAnswer(error, made, hub, options, call))
  const action = pullRequest ? 'proposed' : base === undefined ? 'created' : 'updated'
  return { ...result, action, commit: done.id, pullRequestUrl: done.pullRequestUrl }
}

type Plan = {
  readonly changes: readonly FileChange[]
  /** Files that differ from what is there. */
  readonly send: readonly PackageFile[]
  /** All files, as they are to be, and those that are to go. */
  readonly wanted: readonly PackageFile[]
  readonly gone: readonly string[]
  readonly before: Pushed['before']
}

async function compare(made: DatasetPackage, hub: DatasetHub, { base, card, manifest }: Remote, options: PushOptions, call: CallOptions): Promise<Plan> {
  if (base === undefined) {
    const wanted = [...made.files, await made.card(undefined)]
    return { changes: wanted.map(({ path, bytes }) => ({ path, change: 'added', bytes })), send: wanted, wanted, gone: [], before: undefined }
  }
  const earlier = readManifest(manifest)
  const wanted = [...made.files, await made.card(card)]
  const known = await hub.files([...new Set([...wanted.map(({ path }) => path), ...(earlier?.files ?? [])])], base.head, call)
  const differs = (file: PackageFile): boolean => known.get(file.path)?.hash !== (known.get(file.path)?.isLarge ? file.sha256 : file.gitSha1)
  const send = wanted.filter(differs)
  const foreign = send.filter(({ path }) => path !== cardPath && known.has(path))
  if (earlier === undefined && foreign.length > 0 && !options.overwrite)
    throw new SediError('conflict', `${options.repo} has ${foreign[0]!.path}, which SeDi did not push. Name another data set, or replace it with --overwrite.`)
  const gone = (earlier?.files ?? []).filter((path) => known.has(path) && wanted.every((file) => file.path !== path))
  const changes: FileChange[] = [
    ...send.map(({ path, bytes }) => ({ path, change: known.has(path) ? ('changed' as const) : ('added' as const), bytes })),
    ...gone.map((path) => ({ path, change: 'removed' as const, bytes: 0 })),
  ]
  return { changes, send, wanted, gone, before: earlier && { run: earlier.run, shape: earlier.shape, rows: earlier.rows } }
}

type Manifest = {
  readonly run: string
  readonly shape: string
  readonly rows: { readonly train: number; readonly test: number | undefined }
  readonly files: readonly string[]
}

/** What an earlier push left; undefined where there is nothing, or nothing of ours. */
function readManifest(text: string | undefined): Manifest | undefined {
  if (text === undefined) return undefined
  try {
    const { specVersion, run, shape, rows, files } = JSON.parse(text) as {
      specVersion?: unknown
      run?: unknown
      shape?: unknown
      rows?: { train?: unknown; test?: unknown }
      files?: object
    }
    if (specVersion !== 1 || typeof run !== 'string' || typeof shape !== 'string' || typeof rows?.train !== 'number' || typeof files !== 'object')
      return undefined
    return { run, shape, rows: { train: rows.train, test: typeof rows.test === 'number' ? rows.test : undefined }, files: Object.keys(files).filter(isOurs) }
  } catch {
    return undefined
  }
}

/** What a push writes: only such files are ever removed, whatever a manifest says. */
const isOurs = (path: string): boolean => /^(data\/(train|test)-[\d]+-of-[\d]+\.parquet|plots\/[\w.-]+\.svg|sedi\/[\w.-]+)$/.test(path)

const titleOf = (run: string, { facts }: DatasetPackage, isNew: boolean): string =>
  `${isNew ? 'Add' : 'Update to'} ${facts.report.kept} instructions of SeDi run ${run} (${facts.report.digest.slice(0, 12)})`

const descriptionOf = ({ changes, before }: Plan): string =>
  [...(before === undefined ? [] : [`Before: run ${before.run}.`]), ...changes.map(({ path, change }) => `${change}: ${path}`)].join('\n')

/** An open pull request that has exactly this already. */
async function findProposal(hub: DatasetHub, title: string, { wanted, gone }: Plan, call: CallOptions): Promise<string | undefined> {
  for (const { url, revision } of await hub.openPullRequests(title, call)) {
    const known = await hub.files([...wanted.map(({ path }) => path), ...gone], revision, call)
    const same = wanted.every(({ path, sha256, gitSha1 }) => known.get(path)?.hash === (known.get(path)?.isLarge ? sha256 : gitSha1))
    if (same && gone.every((path) => !known.has(path))) return url
  }
  return undefined
}

/** When the answer to a commit did not come, the commit may be there all the same. */
async function lostAnswer(error: unknown, made: DatasetPackage, hub: DatasetHub, options: PushOptions, call: CallOptions) {
  if (!SediError.is(error, 'provider-response') || options.pullRequest || call.signal?.aborted) throw error
  const now = await lookAt(hub, options, call).catch(() => undefined)
  if (now?.found === undefined || (await compare(made, hub, now, { ...options, overwrite: true }, call)).changes.length > 0) throw error
  return { id: now.found.head, url: hub.url, pullRequestUrl: undefined }
}
