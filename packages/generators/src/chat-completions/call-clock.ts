import type { EndedBy } from './chat-completion-error.ts'

/** A longer one fires at once (24.8 days). */
export const longestTimerMs = 2 ** 31 - 1

export type CallClock = {
  /** Aborted when the call ends before its answer is there. */
  readonly signal: AbortSignal
  readonly endedBy: () => EndedBy | undefined
  /** A piece of a streamed answer has come: from now on silence counts. */
  readonly heard: () => void
  readonly stop: () => void
}

/**
 * What may end a call: its caller, the longest wait for the whole answer, and the longest silence within a streamed one. The last begins
 * to count with its first words: before them, a model may think in silence.
 */
export function startCallClock({
  signal,
  timeoutMs,
  idleTimeoutMs,
}: {
  signal?: AbortSignal | undefined
  timeoutMs: number
  idleTimeoutMs: number
}): CallClock {
  const own = new AbortController()
  let ours: EndedBy | undefined
  const end = (by: EndedBy) => () => {
    ours ??= by
    own.abort()
  }
  // The SDK's own time-out covers neither the body of an error reply nor a stream.
  const deadline = setTimeout(end('deadline'), Math.min(timeoutMs, longestTimerMs))
  let silence: NodeJS.Timeout | undefined
  return {
    signal: signal === undefined ? own.signal : AbortSignal.any([signal, own.signal]),
    endedBy: () => (signal?.aborted ? 'caller' : ours),
    heard() {
      clearTimeout(silence)
      silence = setTimeout(end('silence'), Math.min(idleTimeoutMs, longestTimerMs))
    },
    stop() {
      clearTimeout(deadline)
      clearTimeout(silence)
    },
  }
}
