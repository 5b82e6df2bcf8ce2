import { randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { type GenerateResult, SediError, toSediError } from '@sedi/spec'
import type { BatchApi } from './batch-api.ts'
import { type BatchLine, splitIntoFiles } from './batch-lines.ts'
import { adoptBatches, decideBatch, metadataOf } from './find-batches.ts'
import { openJournal } from './journal.ts'
import { createKnownBatches, type KnownBatch, type KnownBatches, type KnownLine } from './known-batches.ts'
import { type InBatch, keptOpen, leftAlone, type Pending, settle, type Waiter } from './pending.ts'
import type { BatchResult } from './read-result.ts'
import { watchBatch } from './watch-batch.ts'

export type BatchQueueOptions = {
  readonly api: BatchApi
  readonly provider: string
  readonly stateFolder: string | undefined
  readonly readResult: (line: string) => BatchResult | undefined
  /** Requests gathered before batches are made of them. */
  readonly batchSize: number
  /** Batches are made earlier when no request has come for so long. */
  readonly gatherMs: number
  readonly maxLines: number
  readonly maxBytes: number
  readonly pollMs: number
  readonly maxPollMs: number
  readonly clock: () => number
  readonly onNotice: (message: string) => void
  /** Aborted by `close`; `api` listens to it. */
  readonly closing: AbortController
}

export type AskOptions = { readonly signal?: AbortSignal | undefined; readonly rejoin?: boolean | undefined }

export interface BatchQueue {
  /** The answer to a request: of the batch that has it already, else of one that is bought now. */
  ask(line: BatchLine, run: string, options: AskOptions): Promise<GenerateResult>
  /** Ends the batches that hold these requests and returns what each brought, by the line's id. */
  cancel(ids: readonly string[], run: string, signal?: AbortSignal | undefined): Promise<ReadonlyMap<string, GenerateResult | SediError>>
  /** Stops waiting. What is being created is finished first, so that we know of it. */
  close(): Promise<void>
}

/** So many failures in a row to hand in a batch, with growing pauses between them, are passed on. */
const mostFailures = 5

/**
 * Gathers requests, makes batches of them, waits for the batches and gives everyone the answer. The journal comes first in everything: a
 * request is noted as part of a batch before its file is sent, and the file before a batch is made of it, so that after a crash at any point
 * it is known, or can be found out, whether it was bought.
 */
export function createBatchQueue(options: BatchQueueOptions): BatchQueue {
  const { api, provider, batchSize, gatherMs, pollMs, maxPollMs, clock, onNotice, closing } = options
  const pendings = new Map<string, Pending>()
  const watched = new Map<string, { readonly ended: Promise<void>; readonly wake: () => void }>()
  const adopted = new Map<string, Promise<void>>()
  let prepared: Promise<KnownBatches> | undefined
  let batches: KnownBatches
  let gathered: Pending[] = []
  let files: Pending[][] = []
  let timer: NodeJS.Timeout | undefined
  let handingIn: Promise<void> | undefined
  let failures = 0
  // What a full queue teaches: how many batches may be in it, and how many requests may be in one. Others may have filled it, so it is forgotten again.
  let mostBatches = Number.POSITIVE_INFINITY
  let mostLines = options.maxLines
  let fullInARow = 0

  const pause = (ms: number): Promise<void> => sleep(ms, undefined, { signal: closing.signal })
  const growing = (step: number): number => Math.min(maxPollMs, pollMs * 2 ** step)

  /** Reads the journal and decides what an interrupted process left undecided; once. */
  function ready(): Promise<KnownBatches> {
    prepared ??= decideAll().catch((error: unknown) => {
      prepared = undefined
      throw error
    })
    return prepared
  }

  async function decideAll(): Promise<KnownBatches> {
    const known = createKnownBatches(openJournal(options.stateFolder))
    batches = known
    for (const batch of known.undecided()) await decide(batch)
    return known
  }

  /** Whether a batch exists; its new state, or undefined when it does not and its requests are free again. */
  async function decide(batch: KnownBatch): Promise<KnownBatch | undefined> {
    const batchId = await untilAnswered('Whether a batch was created', () => decideBatch(batch, api))
    if (batchId !== undefined) return batches.created(batch, batchId)
    batches.forget(batch, 'it was never created')
    return undefined
  }

  /** Asks until there is an answer: to guess either way would cost money. Throws what no waiting cures. */
  async function untilAnswered<Answer>(what: string, work: () => Promise<Answer>): Promise<Answer> {
    for (let step = 0; ; step++) {
      try {
        return await work()
      } catch (thrown) {
        const error = toSediError(thrown)
        if (!error.retryable || closing.signal.aborted) throw error
        onNotice(`${what} cannot be found out yet: ${firstLine(error)} Asking again.`)
        await pause(growing(step))
      }
    }
  }

  /** Looks once for batches of a run that our notes do not have. */
  function adopt(run: string): Promise<void> {
    const looked = adopted.get(run) ?? lookForBatches(run)
    adopted.set(run, looked)
    looked.catch(() => adopted.delete(run))
    return looked
  }

  async function lookForBatches(run: string): Promise<void> {
    const found = await untilAnswered('Which batches the provider has', () => adoptBatches(run, batches, api, clock()))
    if (found > 0) onNotice(`Found ${found} batches of this run at the provider that were not in its notes.`)
  }

  async function place(pending: Pending, rejoin: boolean): Promise<void> {
    const { id, run, line } = pending
    const known = await ready()
    if (rejoin && known.find(id) === undefined) await adopt(run)
    if (pending.waiters.size === 0) return
    const found = known.find(id)
    if (found === undefined) return line === undefined ? settle(pending, leftAlone(provider, { ...pending, place: 'ours' }, false)) : gather(pending)
    if (line !== undefined && found.customId !== line.customId) return settle(pending, otherRequest(provider, found.batch))
    pending.place = found
    watch(found.batch, gatherMs)
  }

  function gather(pending: Pending): void {
    pending.place = 'ours'
    gathered.push(pending)
    clearTimeout(timer)
    if (gathered.length >= batchSize) makeFiles()
    else timer = setTimeout(makeFiles, gatherMs)
  }

  function makeFiles(): void {
    clearTimeout(timer)
    const waiting = gathered.filter(({ waiters }) => waiters.size > 0)
    gathered = []
    files.push(...filesOf(waiting))
    handIn()
  }

  /** Files of one run each, as large as is tried at present. */
  function filesOf(waiting: readonly Pending[]): Pending[][] {
    const limits = { maxLines: mostLines, maxBytes: options.maxBytes }
    return [...Map.groupBy(waiting, ({ run }) => run).values()].flatMap((lines) => {
      const sized = lines.map((pending) => ({ pending, bytes: pending.line!.bytes }))
      return splitIntoFiles(sized, limits).map((file) => file.map(({ pending }) => pending))
    })
  }

  function handIn(): void {
    handingIn ??= handInAll().finally(() => {
      handingIn = undefined
    })
  }

  async function handInAll(): Promise<void> {
    try {
      while (files.length > 0 && watched.size < mostBatches && !closing.signal.aborted) await handInNext(files.shift()!)
    } catch (error) {
      // A pause that closing ended; whoever waited has been told.
      if (!closing.signal.aborted) throw error
    }
  }

  async function handInNext(file: readonly Pending[]): Promise<void> {
    const waiting = file.filter(({ waiters }) => waiters.size > 0)
    const [first] = waiting
    if (first === undefined) return
    if (first.line!.bytes > options.maxBytes) return settle(first, tooLong(provider, first.line!.bytes, options.maxBytes))
    try {
      const batch = await create(waiting, first.run)
      failures = 0
      if (batch !== undefined) watch(batch, pollMs)
    } catch (thrown) {
      await handInLater(waiting, toSediError(thrown))
    }
  }

  /** Undefined when whether it was created could not be found out: then whoever waits has been told. Throws when it certainly was not. */
  async function create(waiting: readonly Pending[], run: string): Promise<KnownBatch | undefined> {
    const customIds = waiting.map(({ line }) => line!.customId)
    let batch = batches.prepare(randomUUID(), run, clock(), customIds)
    const putInto = (place: KnownBatch | undefined): void => {
      for (const pending of waiting) pending.place = place === undefined ? 'ours' : { batch: place, customId: pending.line!.customId }
    }
    putInto(batch)
    try {
      const fileId = await api.upload(`sedi-${batch.name}.jsonl`, waiting.map(({ line }) => line!.text).join('\n'))
      batch = batches.uploaded(batch, fileId)
    } catch (error) {
      putInto(undefined)
      batches.forget(batch, toSediError(error).message)
      throw error
    }
    const id = await api.create(batch.fileId!, metadataOf(run, batch.name)).then(
      (created) => created.id,
      (thrown: unknown) => toSediError(thrown),
    )
    try {
      const created = typeof id === 'string' ? batches.created(batch, id) : isCertainRefusal(id) ? undefined : await decide(batch)
      if (created !== undefined) {
        putInto(created)
        return created
      }
    } catch (thrown) {
      // It may be there: nobody may ask again before that is known.
      for (const pending of waiting) settle(pending, keptOpen(toSediError(thrown)))
      return undefined
    }
    putInto(undefined)
    const refusal = id as SediError
    if (isCertainRefusal(refusal)) {
      batches.forget(batch, refusal.message)
      await api.deleteFile(batch.fileId!).catch(() => {})
    }
    throw refusal
  }

  /** Nothing was bought. What may be better later is tried again here: thousands of attempts would fail with it otherwise. */
  async function handInLater(waiting: Pending[], error: SediError): Promise<void> {
    if (closing.signal.aborted) return
    failures++
    if (!error.retryable || failures > mostFailures) {
      failures = 0
      const nothingBought = new SediError(error.code, error.message, {
        retryable: error.retryable,
        details: { ...error.details, charged: 'none' },
        cause: error,
      })
      for (const pending of waiting) settle(pending, nothingBought)
      return
    }
    const asked = error.details.retryAfterMs
    const delayMs = typeof asked === 'number' && asked >= 0 ? Math.min(asked, maxPollMs) : growing(failures - 1)
    onNotice(`A batch of ${waiting.length} requests could not be handed in: ${firstLine(error)} Trying again (${failures} of ${mostFailures}).`)
    files.unshift(waiting)
    await pause(delayMs)
  }

  function watch(batch: KnownBatch, firstWaitMs: number): void {
    if (watched.has(batch.name)) return
    let wasRefused = false
    const sleeper = createSleeper(closing.signal)
    const watching = watchBatch(batch, firstWaitMs, {
      ...options,
      signal: closing.signal,
      pause: sleeper.sleep,
      pendingIn,
      onRefused(refused, reason) {
        wasRefused = true
        batches.forget(refused, reason)
      },
      askAgain,
    })
    const ended = watching
      .catch((thrown: unknown) => {
        // Closing, or our notes cannot be written: in both cases the answers stay where they are.
        for (const pending of pendingIn(batch)) settle(pending, keptOpen(toSediError(thrown)))
      })
      .finally(() => {
        watched.delete(batch.name)
        if (!wasRefused) tryMore()
        if (!closing.signal.aborted) handIn()
      })
    watched.set(batch.name, { ended, wake: sleeper.wake })
  }

  const pendingIn = ({ name }: KnownBatch): InBatch[] => [...pendings.values()].filter((one): one is InBatch => isIn(one.place, name) && one.waiters.size > 0)

  function askAgain(again: readonly Pending[], queueIsFull: boolean): void {
    const [unsendable, sendable] = [again.filter(({ line }) => line === undefined), again.filter(({ line }) => line !== undefined)]
    for (const pending of unsendable) settle(pending, leftAlone(provider, { ...pending, place: 'ours' }, false))
    for (const pending of sendable) pending.place = 'ours'
    if (!queueIsFull) for (const pending of sendable) gather(pending)
    else if (sendable.length > 0) void whenThereIsRoom(sendable)
  }

  /** The provider's queue is full: fewer batches at once while others of ours are in it, smaller ones when none is. */
  async function whenThereIsRoom(waiting: Pending[]): Promise<void> {
    const others = watched.size - 1
    mostBatches = Math.max(1, others)
    if (others > 0) {
      files.unshift(waiting)
      onNotice(`The provider’s queue is full: ${waiting.length} requests wait until one of ${others} batches is over.`)
      return
    }
    fullInARow++
    if (waiting.length === 1 && fullInARow > mostFailures) {
      fullInARow = 0
      return settle(waiting[0]!, queueTooSmall(provider, maxPollMs))
    }
    mostLines = Math.max(1, Math.ceil(waiting.length / 2))
    onNotice(`The provider’s queue is full: ${waiting.length} requests are tried again, ${mostLines} at a time.`)
    await pause(growing(fullInARow - 1)).catch(() => {})
    if (closing.signal.aborted) return
    files = filesOf([...waiting, ...files.flat()])
    handIn()
  }

  /** A batch was taken and is over: the queue may have more room by now. A refusal costs nothing but the wait for it. */
  function tryMore(): void {
    fullInARow = 0
    mostBatches++
    if (mostLines === options.maxLines) return
    mostLines = Math.min(options.maxLines, mostLines * 2)
    files = filesOf(files.flat())
  }

  function waitFor(pending: Pending, { signal, rejoin = false }: AskOptions): Promise<GenerateResult> {
    return new Promise((resolve, reject) => {
      const ended = (): void => {
        pending.waiters.delete(waiter)
        signal?.removeEventListener('abort', leave)
        if (pending.waiters.size === 0 && pendings.get(pending.id) === pending) pendings.delete(pending.id)
      }
      const waiter: Waiter = {
        resolve(result) {
          ended()
          resolve(result)
        },
        reject(error) {
          ended()
          reject(error)
        },
      }
      const leave = (): void => waiter.reject(leftAlone(provider, pending, rejoin))
      pending.waiters.add(waiter)
      signal?.addEventListener('abort', leave, { once: true })
      if (signal?.aborted || closing.signal.aborted) leave()
    })
  }

  function begin(id: string, run: string, line: BatchLine | undefined, ask: AskOptions): Promise<GenerateResult> {
    const underway = pendings.get(id)
    if (underway !== undefined) return waitFor(underway, ask)
    const pending: Pending = { id, run, line, place: 'unknown', waiters: new Set() }
    pendings.set(id, pending)
    const answer = waitFor(pending, ask)
    place(pending, ask.rejoin === true).catch((error: unknown) => settle(pending, keptOpen(toSediError(error))))
    return answer
  }

  return {
    ask: (line, run, ask) => begin(line.id, run, line, ask),
    async cancel(ids, run, signal) {
      const known = await ready()
      if (ids.some((id) => known.find(id) === undefined)) await adopt(run)
      const batchIds = new Set(ids.flatMap((id) => known.find(id)?.batch.batchId ?? []))
      const answers = ids.map(async (id) => [id, await begin(id, run, undefined, { signal, rejoin: true }).catch(toSediError)] as const)
      for (const batchId of batchIds) await untilAnswered('Whether a batch is cancelled', () => api.cancel(batchId))
      if (batchIds.size > 0)
        onNotice(
          `Asked the provider to cancel ${batchIds.size === 1 ? 'a batch' : `${batchIds.size} batches`}. It may take ten minutes to confirm; what it answers until then is paid, and kept.`,
        )
      for (const { wake } of watched.values()) wake()
      return new Map(await Promise.all(answers))
    },
    async close() {
      clearTimeout(timer)
      for (const pending of [...pendings.values()]) settle(pending, leftAlone(provider, pending, true))
      files = []
      gathered = []
      closing.abort()
      await handingIn
      await Promise.all([...watched.values()].map(({ ended }) => ended))
    },
  }
}

/** A sleep that can be ended early: resolves to true then. Rejects when the signal is aborted. */
function createSleeper(signal: AbortSignal): { sleep(ms: number): Promise<boolean>; wake(): void } {
  let alarm = new AbortController()
  return {
    async sleep(ms) {
      alarm = new AbortController()
      const { signal: woken } = alarm
      await sleep(ms, undefined, { signal: AbortSignal.any([signal, woken]) }).catch((error: unknown) => {
        if (!woken.aborted) throw error
      })
      return woken.aborted
    },
    wake: () => alarm.abort(),
  }
}

const firstLine = ({ message }: SediError): string => message.split('\n')[0]!

/** Refused with a status that leaves no doubt, or never sent. After any other failure the batch may exist. */
function isCertainRefusal({ details }: SediError): boolean {
  if (details.charged !== 'none') return false
  return typeof details.status !== 'number' || details.status < 500
}

const isIn = (place: Pending['place'], name: string): place is KnownLine => typeof place === 'object' && place.batch.name === name

function otherRequest(provider: string, { batchId }: KnownBatch): SediError {
  const message = `${provider}: the batch ${batchId} answers another request under this key; it was asked by another version or configuration. It may have been charged.`
  return new SediError('provider-response', message, { retryable: true, details: { charged: 'uncertain' } })
}

function tooLong(provider: string, bytes: number, maxBytes: number): SediError {
  return new SediError('invalid-input', `${provider}: the request has ${bytes} bytes; a batch takes ${maxBytes}. Use a shorter prompt.`, {
    details: { charged: 'none' },
  })
}

function queueTooSmall(provider: string, retryAfterMs: number): SediError {
  const message = `${provider}: the provider’s queue for batches has no room for even one request (token_limit_exceeded). Other batches of the organisation may fill it.`
  return new SediError('rate-limited', message, { retryable: true, details: { charged: 'none', retryAfterMs } })
}
