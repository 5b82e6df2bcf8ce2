import { type Charged, type ErrorCode, type GenerateResult, SediError, toSediError } from '@sedi/spec'
import type { Batch, BatchApi, BatchProblem } from './batch-api.ts'
import type { KnownBatch } from './known-batches.ts'
import { type InBatch, keptOpen, type Pending, settle } from './pending.ts'
import type { BatchResult } from './read-result.ts'

export type WatchOptions = {
  readonly api: BatchApi
  readonly provider: string
  readonly readResult: (line: string) => BatchResult | undefined
  /** Who waits for an answer of the batch. */
  readonly pendingIn: (batch: KnownBatch) => readonly InBatch[]
  /** The batch was refused before any work, and none of it was bought. */
  readonly onRefused: (batch: KnownBatch, reason: string) => void
  /** Requests of a refused batch that may be asked again; `queueIsFull`: not before there is room. */
  readonly askAgain: (pendings: readonly Pending[], queueIsFull: boolean) => void
  readonly pollMs: number
  readonly maxPollMs: number
  readonly onNotice: (message: string) => void
  /** Waits; true when it was woken, to look sooner and more often again. Rejects when the queue closes. */
  readonly pause: (ms: number) => Promise<boolean>
  readonly signal: AbortSignal
}

const pollGrowth = 1.5
/** A reply that the batch does not exist may be early (it was just created) or a slip; so many in a row are believed. */
const believedAfter = 3
const downloads = 3

const over: ReadonlySet<string> = new Set(['completed', 'failed', 'expired', 'cancelled'])

/**
 * Looks at a batch, ever more seldom, until it is over, and gives everyone who waits what it brought. A status it does not know waits; so does
 * a provider that cannot be reached. Ends early when nobody waits any more.
 */
export async function watchBatch(known: KnownBatch, firstWaitMs: number, options: WatchOptions): Promise<void> {
  const { api, pendingIn, onNotice, pause, signal, pollMs, maxPollMs } = options
  const id = known.batchId!
  let interval = pollMs
  let strange = 0
  let torn = 0
  let said = ''

  function say(message: string): void {
    if (message !== said) onNotice(message)
    said = message
  }

  await pause(firstWaitMs)
  while (pendingIn(known).length > 0) {
    try {
      const batch = await api.retrieve(id)
      strange = 0
      say(describe(batch, known))
      if (over.has(batch.status)) {
        await collect(known, batch, torn < downloads - 1, options)
        continue
      }
    } catch (thrown) {
      if (signal.aborted) return
      const error = toSediError(thrown)
      const isStrange = error.code === 'not-found' || error.details.unexpected === true
      if (isStrange && ++strange >= believedAfter) return giveUp(lostAnswers(known, options.provider, error.message))
      if (error.details.torn === true) torn++
      else if (!error.retryable && !isStrange) return giveUp(keptOpen(error))
      say(`Batch ${id}: ${error.message.split('\n')[0]} Looking again.`)
    }
    const woken = await pause(interval)
    interval = woken ? pollMs : Math.min(interval * pollGrowth, maxPollMs)
  }

  function giveUp(error: SediError): void {
    for (const pending of pendingIn(known)) settle(pending, error)
  }
}

function describe({ id, status, counts }: Batch, { customIds }: KnownBatch): string {
  const done =
    counts === undefined || counts.total === 0
      ? ''
      : `, ${counts.completed} of ${counts.total} answered${counts.failed === 0 ? '' : `, ${counts.failed} failed`}`
  return `Batch ${id} (${customIds.size} requests): ${status.replaceAll('_', ' ')}${done}.`
}

/** Hands out what a batch that is over brought. Throws what may be better at another look. */
async function collect(known: KnownBatch, batch: Batch, mayReadAgain: boolean, options: WatchOptions): Promise<void> {
  const wanted = new Map<string, Pending>(options.pendingIn(known).map((pending) => [pending.place.customId, pending]))
  if (batch.status === 'failed') return refuse(known, batch, wanted, options)
  const found = await readFiles(known, batch, wanted, options)
  if (found.torn > 0 && mayReadAgain && wanted.size > 0) {
    const message = `${found.torn} lines of its results were cut or unreadable.`
    throw new SediError('provider-response', message, { retryable: true, details: { charged: 'uncertain', torn: true } })
  }
  // One answer without a name and one request without an answer belong together.
  const unanswered = [...known.customIds].filter((customId) => !found.seen.has(customId))
  const [only] = found.nameless
  if (found.torn === 0 && found.nameless.length === 1 && unanswered.length === 1) take(wanted, unanswered[0]!, withWarning(only!))
  for (const pending of wanted.values()) settle(pending, missingAnswer(batch, found, options.provider))
  const odd = oddities(found)
  if (odd !== '') options.onNotice(`Batch ${batch.id}: ${odd}.`)
}

type Found = {
  readonly seen: ReadonlySet<string>
  readonly nameless: readonly (GenerateResult | SediError)[]
  readonly outputLines: number
  readonly torn: number
  readonly repeated: number
  readonly foreign: number
  readonly filesGone: boolean
}

async function readFiles(known: KnownBatch, batch: Batch, wanted: Map<string, Pending>, { api, readResult }: WatchOptions): Promise<Found> {
  const seen = new Set<string>()
  const nameless: (GenerateResult | SediError)[] = []
  const counts = { outputLines: 0, torn: 0, repeated: 0, foreign: 0 }
  let filesGone = false
  for (const fileId of [batch.outputFileId, batch.errorFileId]) {
    if (fileId === undefined) continue
    try {
      for await (const line of api.lines(fileId)) {
        const result = readResult(line)
        if (fileId === batch.outputFileId) counts.outputLines++
        if (result === undefined) counts.torn++
        else if (result.customId === undefined) nameless.push(result.answer)
        else if (!known.customIds.has(result.customId)) counts.foreign++
        else if (seen.has(result.customId)) counts.repeated++
        else {
          seen.add(result.customId)
          take(wanted, result.customId, result.answer)
        }
      }
    } catch (error) {
      if (!SediError.is(error, 'not-found')) throw error
      filesGone = true
    }
  }
  return { seen, nameless, filesGone, ...counts }
}

function take(wanted: Map<string, Pending>, customId: string, answer: GenerateResult | SediError): void {
  const pending = wanted.get(customId)
  wanted.delete(customId)
  if (pending !== undefined) settle(pending, answer)
}

function withWarning(answer: GenerateResult | SediError): GenerateResult | SediError {
  if (SediError.is(answer)) return answer
  return { ...answer, warnings: [...answer.warnings, 'the batch did not say which request this answers; it is the only one without an answer'] }
}

/** A request that no result file mentions. It was not worked on when a batch that ended early has as many answers as it says. */
function missingAnswer({ id, status, counts }: Batch, found: Found, provider: string): SediError {
  const whole = !found.filesGone && found.torn === 0
  const endedEarly = status === 'expired' || status === 'cancelled'
  const charged: Charged = endedEarly && whole && counts !== undefined && found.outputLines >= counts.completed ? 'none' : 'uncertain'
  const what = found.filesGone ? 'its result files are no longer kept' : 'its result files do not mention this request'
  const message = `${provider}: the batch ${id} is ${status}, and ${what}.${charged === 'none' ? '' : ' It may have been charged.'}`
  return new SediError('provider-response', message, { retryable: status !== 'cancelled', details: { charged } })
}

function oddities({ torn, repeated, foreign, nameless }: Found): string {
  const parts = [
    [torn, 'unreadable result lines'],
    [repeated, 'results that came twice (the first is taken)'],
    [foreign, 'results of requests that are not in it'],
    [nameless.length, 'results that name no request'],
  ] as const
  return parts
    .filter(([count]) => count > 0)
    .map(([count, what]) => `${count} ${what}`)
    .join(', ')
}

function lostAnswers({ batchId }: KnownBatch, provider: string, why: string): SediError {
  const message = `${provider}: the provider no longer knows the batch ${batchId}, so its answers, if there were any, are lost: ${why}`
  return new SediError('provider-response', message, { retryable: true, details: { charged: 'uncertain' } })
}

/** Validation refused the batch: nothing of it was bought. Requests that are not to blame are asked again. */
function refuse(known: KnownBatch, batch: Batch, wanted: ReadonlyMap<string, Pending>, options: WatchOptions): void {
  const { problems } = batch
  const reason = problems.map(inWords).slice(0, 5).join('; ') || 'the provider gives no reason'
  options.onRefused(known, reason)
  const queueIsFull = problems.some(({ code }) => code === 'token_limit_exceeded')
  const byLine = new Map(problems.flatMap((problem) => (problem.line === undefined ? [] : [[problem.line, problem] as const])))
  if (!queueIsFull && byLine.size === 0) {
    for (const pending of wanted.values()) settle(pending, refusal(reason, codeOf(problems), problems.length === 0, batch, options))
    return
  }
  const innocent = new Set(wanted.values())
  for (const [i, customId] of [...known.customIds].entries()) {
    const problem = byLine.get(i + 1)
    const pending = wanted.get(customId)
    if (queueIsFull || problem === undefined || pending === undefined) continue
    innocent.delete(pending)
    settle(pending, refusal(inWords(problem), codeOf([problem]), false, batch, options))
  }
  options.askAgain([...innocent], queueIsFull)
}

const inWords = ({ code, line, message }: BatchProblem): string => `${line === undefined ? '' : `line ${line}: `}${code}${message === '' ? '' : `: ${message}`}`

function codeOf(problems: readonly BatchProblem[]): ErrorCode {
  const says = (pattern: RegExp): boolean => problems.some(({ code }) => pattern.test(code))
  if (says(/quota|billing/)) return 'quota-exhausted'
  if (says(/model_not_found/)) return 'not-found'
  return problems.length === 0 ? 'provider-response' : 'invalid-input'
}

function refusal(reason: string, code: ErrorCode, retryable: boolean, { id }: Batch, { provider }: WatchOptions): SediError {
  return new SediError(code, `${provider}: the provider refused the batch ${id} before any work: ${reason}`, { retryable, details: { charged: 'none' } })
}
