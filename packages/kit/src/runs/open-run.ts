import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { type EmbedderKey, executeRun, type Progress, type RunAdapters, type RunEvent, type RunOutcome } from '@sedi/pipeline'
import {
  type CallQueue,
  closeAll,
  type Fact,
  type HeldOutItem,
  type Ledger,
  type Limiter,
  type OpenRun,
  type RunConfig,
  type RunFact,
  type RunStore,
  SediError,
  type SeedEventFact,
  type SeedTask,
  type TextGenerator,
} from '@sedi/spec'
import { hasScheme, publicStoreAddress } from '@sedi/store'
import { createAdapters, type GivenAdapters } from '../adapters.ts'
import { assertMayChange } from '../config/check-change.ts'
import { fingerprintOf } from '../config/fingerprint.ts'
import { mergeConfig } from '../config/merge.ts'
import type { RawConfig } from '../config/parse-config.ts'
import { loadBenchmarks, pinBenchmarks } from '../inputs/load-benchmarks.ts'
import { loadExisting } from '../inputs/load-existing.ts'
import { loadHeldOut } from '../inputs/load-tasks.ts'
import { softwareVersion } from '../version.ts'
import { assertTrainable } from './assert-trainable.ts'
import { budgetOf } from './budget-of.ts'
import { followRequests } from './follow-requests.ts'
import { limitedEmbedderKey, limitedKey, limitsFor, limitsForEmbedder } from './limited-key.ts'
import { loadRunSeeds } from './load-run-seeds.ts'
import { openStore } from './open-store.ts'
import { configOf } from './run-config-of.ts'

/** A run held for writing, ready to be carried on. The caller closes it. */
export type HeldRun = {
  readonly runId: string
  readonly folder: string
  readonly config: RunConfig
  readonly ledger: OpenRun['ledger']
  execute(options: ExecuteOptions): Promise<RunOutcome>
  close(): Promise<void>
}

export type ExecuteOptions = {
  /** Aborted to pause. */
  readonly stop: AbortSignal
  /** Aborted, after `stop`, to end what is in flight as well; it is recorded as uncertain. */
  readonly abort?: AbortSignal | undefined
  readonly onProgress?: ((progress: Progress) => void) | undefined
  readonly onNotice?: ((message: string) => void) | undefined
  readonly onEvent?: ((event: RunEvent) => void) | undefined
  /** Whether prompts and completions may be in events and spans. @default false */
  readonly logTexts?: boolean | undefined
}

export type RunEnvironment = {
  readonly clock?: (() => number) | undefined
  readonly adapters?: GivenAdapters | undefined
}

/**
 * Creates a run: reads its inputs, makes its adapters (so that a missing key or package shows before anything exists), then its
 * folder and ledger with the human seeds, the test set and the texts of `filter.against`. Nothing is sent.
 *
 * @param name what the run's folder is called; default: date, time and recipe
 */
export async function createRun(written: RunConfig, name?: string, environment: RunEnvironment = {}): Promise<HeldRun> {
  const clock = environment.clock ?? Date.now
  const config = await withPinnedBenchmarks(written)
  await loadBenchmarks(config.filter.benchmarks)
  const seeds = await loadRunSeeds(config)
  const heldOut = config.evaluation.heldOut === undefined ? [] : await loadHeldOut(config.evaluation.heldOut)
  const existing = await loadExisting(config.filter.against ?? [])
  const fingerprint = fingerprintOf(config)
  await assertRunnable(config, environment.adapters)
  const run: RunFact = {
    kind: 'run',
    runId: name ?? defaultName(config, clock()),
    config: { ...config, store: publicStoreAddress(config.store) } as unknown as RunFact['config'],
    fingerprint,
    softwareVersion,
    createdAt: clock(),
  }
  const held = await createFolder(openStore(config, clock), run, [...seeds.map(seedFact), ...heldOut.map(heldOutFact), ...existing])
  try {
    return await holdRun(held, config, environment)
  } catch (error) {
    await held.close()
    throw error
  }
}

/** Makes the run's adapters to look at them; the run's own are made once it has a folder. */
async function assertRunnable(config: RunConfig, given: GivenAdapters = {}): Promise<void> {
  const adapters = await createAdapters(config, hasScheme(config.store) ? '.' : config.store, given)
  try {
    assertQueueable(config, adapters.generator)
    assertTrainable(adapters.trainer, config)
  } finally {
    await closeAdapters(adapters, given)
  }
}

/** What a program handed in is its own to close. */
async function closeAdapters({ generator, trainer }: RunAdapters, given: GivenAdapters): Promise<void> {
  await closeAll(
    () => (given.generator === undefined ? generator.close?.() : undefined),
    () => (given.trainer === undefined ? trainer?.close?.() : undefined),
  )
}

/** What the benchmarks hold is part of what the run is: later sessions refuse other contents. */
async function withPinnedBenchmarks(config: RunConfig): Promise<RunConfig> {
  const benchmarks = await pinBenchmarks(config.filter.benchmarks)
  return benchmarks.length === 0 ? config : { ...config, filter: { ...config.filter, benchmarks } }
}

/** Two runs begun in the same second get different names. */
async function createFolder(store: RunStore, run: RunFact, beginning: readonly Fact[]): Promise<OpenRun> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await store.create(attempt === 1 ? run : { ...run, runId: `${run.runId}-${attempt}` }, beginning)
    } catch (error) {
      if (!SediError.is(error, 'conflict') || attempt >= 100) throw error
    }
  }
}

/**
 * Opens an existing run for writing.
 *
 * @param changes what the caller wants different from now on, as a tree (`{ budget: { maxCostUsd: 5 } }`); only keys that do not change
 * results may differ, and only to what the run could have begun with. Recorded, so that they hold for later resumes as well. Throws `unsupported`
 * when the run was cancelled, `invalid-config` for changes that it cannot have.
 */
export async function openRun(runIdOrPath: string, store: RunStore, changes: RawConfig = {}, environment: RunEnvironment = {}): Promise<HeldRun> {
  const opened = await store.open(runIdOrPath)
  let held: HeldRun | undefined
  try {
    await assertNotCancelled(opened.ledger)
    const before = await configOf(opened.ledger)
    const config = mergeConfig(before as unknown as RawConfig, changes) as unknown as RunConfig
    assertMayChange(before, config)
    held = await holdRun(opened, config, environment)
    // Last of all: a change that the run cannot be held with is none.
    if (Object.keys(changes).length > 0) await recordChange(opened.ledger, changes, environment)
    return held
  } catch (error) {
    await (held ?? opened).close()
    throw error
  }
}

async function recordChange(ledger: Ledger, changes: RawConfig, { clock = Date.now }: RunEnvironment): Promise<void> {
  const index = (await ledger.find('config-change')).length
  await ledger.append([{ kind: 'config-change', index, changes, at: clock() }])
}

async function assertNotCancelled(ledger: OpenRun['ledger']): Promise<void> {
  const state = (await ledger.find('run-state')).at(-1)
  if (state?.state !== 'cancelled') return
  throw new SediError(
    'unsupported',
    `The run ${ledger.runId} was cancelled (${state.reason}) and is not continued. Start a new one with “sedi run”; what this one has recorded stays: sedi export ${ledger.runId}.`,
  )
}

/** For what an adapter notes of work that goes on without us. */
export const stateFolderOf = ({ folder }: Pick<OpenRun, 'folder'>): string => join(folder, 'provider')

export const modelFolderOf = ({ folder }: Pick<OpenRun, 'folder'>): string => join(folder, 'models')

async function holdRun(opened: OpenRun, config: RunConfig, { clock = Date.now, adapters: given = {} }: RunEnvironment): Promise<HeldRun> {
  const modelFolder = modelFolderOf(opened)
  const adaptations = await opened.ledger.find('adaptation')
  // Who hears what adapters say is known when the run is carried out.
  let sayTo: (message: string) => void = () => {}
  const context = { adaptations, stateFolder: stateFolderOf(opened), onNotice: (message: string) => sayTo(message) }
  const benchmarks = await loadBenchmarks(config.filter.benchmarks ?? [])
  const adapters = await createAdapters(config, modelFolder, given, context)
  let queue: CallQueue | undefined
  try {
    if (adapters.trainer !== undefined) mkdirSync(modelFolder, { recursive: true })
    queue = await openQueue(opened, config, adapters.generator)
  } catch (error) {
    await closeAdapters(adapters, given)
    throw error
  }
  return {
    runId: opened.ledger.runId,
    folder: opened.folder,
    config,
    ledger: opened.ledger,
    execute: ({ stop, abort, onProgress = () => {}, onNotice = () => {}, onEvent, logTexts }) => {
      sayTo = onNotice
      return executeRun({
        config,
        adapters,
        benchmarks,
        ledger: opened.ledger,
        queue,
        budget: opened.budget(budgetOf(config)),
        limiter: opened.limiter(limitedKey(config, given.generator), limitsFor(adapters.generator, config)),
        limiterOf: (key) => embedderLimiter(key, opened, config, given),
        clock,
        jitter: Math.random,
        ...followRequests(opened, stop, onNotice),
        abort,
        onProgress,
        onNotice,
        onEvent,
        logTexts,
      })
    },
    // The run last, and in any case: until then nobody else may carry it on.
    close: () =>
      closeAll(
        () => closeAdapters(adapters, given),
        () => queue?.close(),
        () => opened.close(),
      ),
  }
}

/** The queue that `queue` names; undefined where the run makes its calls itself, which it may not while workers have some of them. */
async function openQueue({ queue }: OpenRun, config: RunConfig, generator: TextGenerator): Promise<CallQueue | undefined> {
  if (config.queue === 'pg-boss') {
    assertQueueable(config, generator)
    if (queue === undefined) throw needsPostgres()
    return queue.open()
  }
  const inHands = queue?.inHands.length ?? 0
  if (inHands === 0) return undefined
  throw new SediError(
    'conflict',
    `Workers have ${inHands} calls of this run in hand. Wait until they are recorded, at most ${config.generator.timeoutMs / 1000} s, or continue with --queue pg-boss.`,
  )
}

const needsPostgres = (): SediError =>
  new SediError(
    'unsupported',
    'queue: pg-boss needs a store in PostgreSQL: store: postgres://host/database, or leave the key out (a run that exists: sedi resume --queue in-process).',
  )

function assertQueueable({ queue, store }: RunConfig, { provider, recovery }: TextGenerator): void {
  if (queue !== 'pg-boss') return
  if (!hasScheme(store)) throw needsPostgres()
  if (recovery !== 'rejoin') return
  throw new SediError(
    'unsupported',
    `queue: pg-boss and the provider ${provider} do not go together: it gathers calls and keeps them itself. Leave the queue out.`,
  )
}

/** Of the embedder that stands under this key, and of the one that a program gave in its place. */
function embedderLimiter(key: EmbedderKey, opened: OpenRun, { embedder, filter }: RunConfig, given: GivenAdapters): Limiter {
  const [own, adapter] = key === 'embedder' ? [embedder, given.embedder] : [filter.semantic!.embedder, given.semanticFilter?.embedder]
  return opened.limiter(limitedEmbedderKey(own, adapter), limitsForEmbedder(own))
}

function defaultName(config: RunConfig, now: number): string {
  const [date, time] = new Date(now).toISOString().split('T') as [string, string]
  return `${date}-${time.slice(0, 8).replaceAll(':', '')}-${config.recipe}`
}

function seedFact({ id: seedId, origin, instruction, input, output }: SeedTask, index: number): SeedEventFact {
  const human = { exampleId: null, step: null, windowEnd: null, signal: null, score: null, reason: 'human seed' }
  return { kind: 'seed-event', index, round: 0, action: 'add', seedId, origin, instruction, input, output, ...human }
}

const heldOutFact = ({ id: itemId, ...item }: HeldOutItem) => ({ kind: 'held-out', itemId, ...item }) as const
