#!/usr/bin/env node
import { exitInterruptedTwice } from './exit-codes.ts'
import { runProgram } from './program.ts'

// The wrapper behind `npm run` may pass on a signal that the terminal has sent to us already; within this time it counts as the same.
const sameSignalMs = 300

/** After the second signal so long is left to record what was in flight. */
const recordingMs = 4000

const stop = new AbortController()
const abort = new AbortController()
let firstSignalAt: number | undefined
let secondSignalAt: number | undefined

function onSignal(): void {
  if (firstSignalAt === undefined) {
    firstSignalAt = Date.now()
    process.stderr.write('\nStopping: what is in flight is finished and recorded. Press Ctrl-C again to stop at once.\n')
    stop.abort()
  } else if (Date.now() - (secondSignalAt ?? firstSignalAt) > sameSignalMs) {
    if (secondSignalAt !== undefined) process.exit(exitInterruptedTwice)
    secondSignalAt = Date.now()
    process.stderr.write('\nStopped. Calls in flight are recorded as uncertain.\n')
    abort.abort()
    setTimeout(() => process.exit(exitInterruptedTwice), recordingMs).unref()
  }
}
process.on('SIGINT', onSignal)
process.on('SIGTERM', onSignal)
// A reader that has seen enough (`sedi export … | head`) is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code === 'EPIPE') process.exit(0)
  throw error
})

const exitCode = await runProgram(process.argv.slice(2), {
  cwd: process.cwd(),
  stdout: process.stdout,
  stderr: process.stderr,
  isTerminal: process.stderr.isTTY === true,
  stop: stop.signal,
  abort: abort.signal,
})
process.exitCode = abort.signal.aborted ? exitInterruptedTwice : exitCode
