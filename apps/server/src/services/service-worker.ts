import { once } from 'node:events'
import { parentPort, workerData } from 'node:worker_threads'
import { batchInstructions, filterFile, type Rejection } from '@sedi/kit'
import type { Issue } from '@sedi/spec'
import { plainError } from '../plain-error.ts'
import type { ServiceMessage, ServiceRequest } from './service-messages.ts'

// A thread for one request: what it computes stops nobody else, its memory has a limit of its own, and it can be ended at any time.

const port = parentPort!
const request = workerData as ServiceRequest
/** Characters sent at once. */
const chunkLength = 64 * 1024

let gathered = ''

async function write(row: object): Promise<void> {
  gathered += `${JSON.stringify(row)}\n`
  if (gathered.length >= chunkLength) await flush()
}

async function flush(): Promise<void> {
  if (gathered === '') return
  say({ type: 'lines', text: gathered })
  gathered = ''
  await once(port, 'message')
}

function say(message: ServiceMessage): void {
  port.postMessage(message)
}

/** Rows by their line, not by a file that whoever sent them never saw. */
const byLine = ({ path, ...issue }: Issue): Issue => ({ path: path.replace(/^.*:(\d+)$/, 'line $1'), ...issue })

async function filter({ file, output, options }: Extract<ServiceRequest, { readonly service: 'filter' }>): Promise<void> {
  const onDecision = (record: object, why: Rejection | undefined): Promise<void> => {
    if (output === 'decisions') return write(why === undefined ? { verdict: 'kept', record } : { verdict: 'rejected', ...why, record })
    return why === undefined ? write(record) : Promise.resolve()
  }
  const { issues, ...figures } = await filterFile(file, { ...options, onDecision })
  if (output === 'decisions') await write({ summary: { ...figures, issues: issues.slice(0, 100).map(byLine) } })
}

async function batch({ file, options }: Extract<ServiceRequest, { readonly service: 'batch' }>): Promise<void> {
  const { batches, rows, settings, composed, random, issues } = await batchInstructions({ file }, options)
  for (const [i, { ids, epoch, diversity, conflicts }] of batches.entries()) await write({ step: i + 1, epoch, ids, diversity, conflicts })
  await write({
    summary: { rows: rows.length, malformed: issues.length, batches: batches.length, settings, composed, random, issues: issues.slice(0, 100).map(byLine) },
  })
}

try {
  await (request.service === 'filter' ? filter(request) : batch(request))
  await flush()
  say({ type: 'end' })
} catch (thrown) {
  const { code, message, issues } = plainError(thrown)
  say({ type: 'error', error: { code, message: message.replaceAll(request.file, 'the rows'), issues: issues.map(byLine) } })
}
port.close()
