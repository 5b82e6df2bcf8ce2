/** Kubernetes kills thirty seconds after it has asked to stop; recording what was in flight takes up to four of them. */
const usualSeconds = 25

/**
 * How long a process that is asked to stop by SIGTERM may finish what it has sent, in milliseconds: SEDI_GRACE_SECONDS, 25 where it is not
 * set or no number. A person who presses Ctrl-C can press it again, and is waited for.
 */
export function graceMsOf(environment: Readonly<Record<string, string | undefined>>): number {
  const written = environment.SEDI_GRACE_SECONDS?.trim()
  const seconds = written === undefined || written === '' ? Number.NaN : Number(written)
  // A longer timer fires at once (24.8 days).
  return 1000 * Math.min(seconds >= 0 ? seconds : usualSeconds, 2 ** 31 / 1000 - 1)
}
