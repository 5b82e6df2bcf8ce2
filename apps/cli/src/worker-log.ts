import type { WorkEvent } from '@sedi/kit'
import { type Cli, say } from './command.ts'
import { formatCount, formatUsd } from './format.ts'

/** How often figures are told while there are calls. */
const figuresEveryMs = 5000

export type WorkerLog = {
  /** A line for people; nothing where lines are JSON. */
  say(text: string): void
  onEvent(event: WorkEvent): void
  /** The last figures. */
  end(): void
}

/** What a worker's terminal shows: which runs it works for, and every few seconds calls, rate and dollars; or everything, as JSON lines. */
export function createWorkerLog(cli: Cli, json: boolean): WorkerLog {
  let answered = 0
  let nanoUsd = 0
  let unpriced = false
  let toldAt = Date.now()
  let toldOf = 0

  const tell = (text: string): void => {
    if (!json) say(cli, text)
  }

  function figures(held: number): void {
    const now = Date.now()
    const perMinute = Math.round(((answered - toldOf) * 60_000) / Math.max(1, now - toldAt))
    tell(
      `${formatCount(answered)} calls answered · ${formatCount(perMinute)} a minute · ${held} in hand · ${unpriced ? 'cost unknown' : formatUsd(nanoUsd / 1e9)}`,
    )
    toldAt = now
    toldOf = answered
  }

  function onEvent(event: WorkEvent): void {
    if (json) cli.stderr.write(`${JSON.stringify({ time: new Date().toISOString(), ...lineOf(event) })}\n`)
    // Until the first call there is nothing to count.
    if (event.event === 'entered' && answered === toldOf) toldAt = Date.now()
    if (event.event === 'entered') tell(`${event.run}: making its calls with ${event.model}`)
    if (event.event === 'notice') tell(`${event.run}: ${event.message}`)
    if (event.event === 'given-up') tell(`${event.run} ${event.call}: given up (${event.error.code}): ${event.error.message}`)
    if (event.event === 'lapsed') tell(`${event.run} ${event.call}: not heard of for too long, somebody else makes it; what it may have cost is counted`)
    if (event.event === 'handed-back') tell('1 call handed back')
    if (event.event !== 'answered') return
    answered++
    if (event.call.costNanoUsd === null) unpriced = true
    else nanoUsd += event.call.costNanoUsd
    if (Date.now() - toldAt >= figuresEveryMs) figures(event.held)
  }

  return { say: tell, onEvent, end: () => figures(0) }
}

/** No prompt, no completion and no key is in a line. */
function lineOf(event: WorkEvent): object {
  if (event.event === 'answered') {
    const { callId, modelId, costNanoUsd, latencyMs, usage } = event.call
    return { event: 'call.recorded', run: event.run, call: callId, model: modelId, costNanoUsd, latencyMs, usage, held: event.held }
  }
  if (event.event === 'given-up') return { ...event, event: 'call.given-up', error: undefined, code: event.error.code, message: event.error.message }
  if (event.event === 'call') return { run: event.run, ...event.told }
  return { ...event, event: `worker.${event.event}` }
}
