import { SediError } from '@sedi/spec'

export const stoppedError = (): SediError => new SediError('aborted', 'Stopped before the next attempt was sent.')

/** Waits, or rejects with `why` (by default: stopped) as soon as the signal is aborted. */
export function sleep(ms: number, stop: AbortSignal, why: () => SediError | undefined = () => undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    if (stop.aborted) return reject(why() ?? stoppedError())
    const timer = setTimeout(done, ms)
    function done(): void {
      stop.removeEventListener('abort', left)
      resolve()
    }
    function left(): void {
      clearTimeout(timer)
      reject(why() ?? stoppedError())
    }
    stop.addEventListener('abort', left, { once: true })
  })
}
