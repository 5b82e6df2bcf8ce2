import type { RunState, Stopped } from '../../api/runs.ts'

/** What a run’s state means for who looks at it, and what came of the last stop that this page asked for. */
export function saidOf(state: RunState, reason: string, stopped: Stopped | undefined): string {
  if (stopped !== undefined && !stopped.confirmed && (state === 'running' || state === 'starting'))
    return stopped.requested
      ? `Asked to ${stopped.action}. What is in flight is finished and recorded first; this page shows when it is.`
      : `It was not asked to ${stopped.action}: ${stopped.reason}`
  const why = reason === '' ? '' : `: ${reason.replace(/\.$/, '')}`
  switch (state) {
    case 'created':
      return 'Created, and not started yet.'
    case 'starting':
      return 'Its process is starting.'
    case 'running':
      return ''
    case 'paused':
      return `Paused${why}. Nothing is bought until it is resumed.`
    case 'interrupted':
      return 'Its process ended without a word. What it had recorded is safe; resume it to go on from there.'
    case 'failed':
      return `Failed${why}. What it had recorded is safe; once the cause is mended it can be resumed.`
    case 'cancelled':
      return `Cancelled${why}. What it recorded stays; it cannot be continued.`
    case 'done':
      return `Done${why}.`
    default:
      return reason
  }
}
