import { setTimeout as wait } from 'node:timers/promises'
import type { Body, Delivery, Reply } from '../reply.ts'
import { checkInput, type InputLine } from './input-lines.ts'
import type { BatchProblem, StoredBatch } from './stored.ts'

export type WorkOptions = {
  /** Answers one request as a call of its own would be, and notes it in the book. */
  readonly answer: (body: string, key: string) => Promise<Reply>
  /** Keeps a result file; returns its id. */
  readonly keepFile: (content: string) => string
  /** Forgets the batch's result files, and the batch. */
  readonly forget: (batch: StoredBatch) => void
  readonly maxLines: number
  /** How long validation, each request and the end take. */
  readonly validateMs: number
  readonly lineMs: number
  readonly finalizeMs: number
  readonly signal: AbortSignal
}

/** Carries one batch to its end. What is answered is charged, whether or not somebody fetches it. */
export async function workOnBatch(batch: StoredBatch, input: string, options: WorkOptions): Promise<void> {
  const pause = (ms: number): Promise<void> => wait(ms, undefined, { signal: options.signal })
  const { lines, problems } = checkInput(input, options.maxLines)
  const { scenario } = batch
  await pause(options.validateMs)
  while (scenario === 'stuck' && batch.status === 'validating') await pause(5)
  const refusals = [...problems, ...refusalsOf(batch, lines.length)]
  if (refusals.length > 0) {
    batch.errors = refusals
    batch.status = 'failed'
    return
  }
  batch.counts = { total: lines.length, completed: 0, failed: 0 }
  if (batch.status === 'validating') batch.status = scenario === 'new-status' ? 'warming_up' : 'in_progress'

  const output: string[] = []
  const failed: string[] = []
  const expires = scenario === 'expired' || scenario === 'expired-silently'
  const stops = scenario === 'stuck-half-way'
  const worked = expires || stops ? lines.slice(0, lines.length >> 1) : lines
  let done = 0
  for (const line of worked) {
    if (batch.status === 'cancelling') break
    await pause(options.lineMs)
    await workOnLine(batch, line, options, output, failed)
    done++
  }
  while (stops && (batch.status as string) !== 'cancelling') await pause(5)
  const cancelled = (batch.status as string) === 'cancelling'
  const rest = lines.slice(done)
  if (scenario !== 'expired-silently') {
    const error = cancelled ? cancelledError : expiredError
    failed.push(...rest.map(({ customId }) => resultLine(customId, null, error)))
  }
  batch.counts = { ...batch.counts, failed: batch.counts.failed + rest.length }
  if (!cancelled) batch.status = 'finalizing'
  await pause(options.finalizeMs)
  publish(batch, arrange(output, batch), failed, options)
  batch.status = cancelled ? 'cancelled' : expires ? 'expired' : 'completed'
  if (scenario === 'forgotten' || scenario === 'forgotten-200') options.forget(batch)
}

function refusalsOf({ scenario }: StoredBatch, lines: number): BatchProblem[] {
  if (scenario === 'token-limit') return [tokenLimit]
  if (scenario !== 'line-errors') return []
  const refusal = (line: number): BatchProblem => ({ code: 'invalid_value', line, message: 'Invalid value in this request.', param: 'body' })
  return lines === 1 ? [refusal(1)] : [refusal(1), refusal(lines)]
}

export const tokenLimit: BatchProblem = {
  code: 'token_limit_exceeded',
  line: null,
  message: 'Enqueued token limit reached. Please try again once some in_progress batches have been completed.',
  param: null,
}

const cancelledError = { code: 'batch_cancelled', message: 'This request was not executed: the batch was cancelled.' }
const expiredError = { code: 'batch_expired', message: 'This request could not be executed before the completion window expired.' }
const badRequest = JSON.stringify({ error: { message: 'Invalid request.', type: 'invalid_request_error', param: null, code: 'invalid_value' } })

async function workOnLine(batch: StoredBatch, line: InputLine, options: WorkOptions, output: string[], failed: string[]): Promise<void> {
  const reply: Reply = batch.scenario === 'all-failed' ? { status: 400, body: badRequest } : await options.answer(line.body, batch.key)
  const answered = reply.status === 200
  batch.counts = { ...batch.counts, [answered ? 'completed' : 'failed']: batch.counts[answered ? 'completed' : 'failed'] + 1 }
  // Nobody waits at the other end of a wire: what would stall there times out inside the server, what would break off is in no file.
  const { delivery = 'whole' } = reply
  if (stalling.has(delivery)) failed.push(resultLine(line.customId, null, { code: 'request_timeout', message: 'The request timed out.' }))
  else if (whole.has(delivery)) (answered ? output : failed).push(resultLine(line.customId, reply, null))
}

const whole: ReadonlySet<Delivery> = new Set(['whole', 'padded', 'doom'])
const stalling: ReadonlySet<Delivery> = new Set(['never', 'stall-midway', 'drip'])

let results = 0

function resultLine(customId: string, reply: Reply | null, error: { readonly code: string; readonly message: string } | null): string {
  results++
  const response = reply === null ? null : { status_code: reply.status, request_id: `req_batch_${results}`, body: parsed(reply.body) }
  return JSON.stringify({ id: `batch_req_${results}`, custom_id: customId, response, error })
}

/** JSON as it is, anything else as a text. */
function parsed(body: Body): unknown {
  const text = (typeof body === 'string' || body instanceof Uint8Array ? [body] : body).map((piece) => Buffer.from(piece as string).toString()).join('')
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

function arrange(output: readonly string[], { scenario }: StoredBatch): readonly string[] {
  const [first, ...others] = output
  if (first === undefined) return output
  if (scenario === 'shuffled') return output.toReversed()
  if (scenario === 'missing-line') return others
  if (scenario === 'nameless-line') return [JSON.stringify({ ...JSON.parse(first), custom_id: undefined }), ...others]
  if (scenario === 'duplicate-lines') return [...output, ...output, JSON.stringify({ ...JSON.parse(first), custom_id: 'nobody-asked' })]
  if (scenario === 'torn-line') return [...output.slice(0, -1), output.at(-1)!.slice(0, 60)]
  return output
}

function publish(batch: StoredBatch, output: readonly string[], failed: readonly string[], { keepFile }: WorkOptions): void {
  const none = batch.scenario === 'empty-error-file-id' ? '' : undefined
  const keep = (lines: readonly string[]): string | undefined => (lines.length === 0 ? none : keepFile(`${lines.join('\n')}\n`))
  batch.outputFileId = keep(output)
  batch.errorFileId = keep(failed)
}
