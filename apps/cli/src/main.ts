#!/usr/bin/env node
import { isatty } from 'node:tty'
import { readEnvFile } from './env-file.ts'
import { exitInterruptedTwice } from './exit-codes.ts'
import { graceMsOf } from './grace.ts'
import { runProgram } from './program.ts'
import { createTelemetry } from './telemetry.ts'

// The wrapper behind `npm run` may pass on a signal that the terminal has sent to us already; within this time it counts as the same.
const sameSignalMs = 300

/** After the second signal so long is left to record what was in flight. */
const recordingMs = 4000

const stop = new AbortController()
const abort = new AbortController()
let firstSignalAt: number | undefined
let secondSignalAt: number | undefined

function onSignal(signal: NodeJS.Signals): void {
  if (firstSignalAt === undefined) {
    firstSignalAt = Date.now()
    // First the views, which make room for what is said.
    stop.abort()
    process.stderr.write('\nStopping: what is in flight is finished and recorded. Press Ctrl-C again to stop at once.\n')
    // Who sends this kills a while later.
    if (signal === 'SIGTERM') setTimeout(stopAtOnce, graceMsOf(process.env)).unref()
  } else if (Date.now() - (secondSignalAt ?? firstSignalAt) > sameSignalMs) {
    if (secondSignalAt !== undefined) process.exit(exitInterruptedTwice)
    stopAtOnce()
  }
}

function stopAtOnce(): void {
  if (secondSignalAt !== undefined) return
  secondSignalAt = Date.now()
  abort.abort()
  process.stderr.write('\nStopped. Calls in flight are recorded as uncertain.\n')
  setTimeout(() => process.exit(exitInterruptedTwice), recordingMs).unref()
}
process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)
// A reader that has seen enough (`sedi export … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const telemetry = createTelemetry(process.env, (text) => process.stderr.write(`${text}\n`))
const exitCode = await runProgram(process.argv.slice(2), {
  cwd: process.cwd(),
  stdin: isatty(0) ? process.stdin : undefined,
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true && process.env.TERM !== 'dumb',
  stop: stop.signal,
  abort: abort.signal,
  telemetry,
  readKeys: () => readEnvFile(process.cwd()),
})
await telemetry.close()
process.exitCode = abort.signal.aborted ? exitInterruptedTwice : exitCode
