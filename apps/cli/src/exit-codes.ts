import type { RunOutcome } from '@sedi/kit'
import type { ErrorCode, SediError } from '@sedi/spec'

export const exitDone = 0
export const exitFailed = 1
export const exitUsage = 2
export const exitPaused = 3
export const exitInterruptedTwice = 130

/** Exit code of an error that ends a command. 2 means: nothing was bought; look at usage, configuration, credentials or the disk. */
export const exitCodeOf: Readonly<Record<ErrorCode, number>> = {
  'invalid-config': exitUsage,
  'invalid-input': exitUsage,
  'missing-credential': exitUsage,
  'invalid-credential': exitUsage,
  'missing-dependency': exitUsage,
  unsupported: exitUsage,
  'not-found': exitUsage,
  storage: exitUsage,
  'provider-response': exitFailed,
  'rate-limited': exitFailed,
  'quota-exhausted': exitFailed,
  'context-length': exitFailed,
  'output-truncated': exitFailed,
  'content-refused': exitFailed,
  timeout: exitFailed,
  conflict: exitFailed,
  internal: exitFailed,
  aborted: exitPaused,
  'budget-exhausted': exitPaused,
}

/** A ledger that is not as it was written: nothing to wait for or to configure. */
export const isDamaged = (error: SediError): boolean => error.code === 'storage' && ('damage' in error.details || error.details.damaged === true)

/** A run that was under way when its ledger could not be written any more. */
export const leavesARun = (error: SediError): boolean => error.code === 'storage' && !isDamaged(error) && typeof error.details.run === 'string'

/** Exit code of a run that was carried on: a pause before the first recorded answer that its user can cure at once is a usage error; a cancelled run did not do what it was started for. */
export function exitCodeOfRun(outcome: RunOutcome, recordedCalls: number): number {
  if (outcome.state === 'done') return exitDone
  if (outcome.state === 'failed' || outcome.state === 'cancelled') return exitFailed
  const curable = outcome.error !== undefined && exitCodeOf[outcome.error.code] === exitUsage
  return recordedCalls === 0 && curable ? exitUsage : exitPaused
}
