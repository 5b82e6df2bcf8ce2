/**
 * One thing that was looked at before a run. `failed`: a run would end or pause at once because of it; `warning`: it would go on, and its
 * user should know; `unknown`: nobody could say.
 */
export type Finding = {
  /** What was looked at, in a word: `key`, `model`. */
  readonly subject: string
  readonly status: 'ok' | 'warning' | 'failed' | 'unknown'
  readonly detail: string
}

export const ok = (subject: string, detail: string): Finding => ({ subject, status: 'ok', detail })
export const warning = (subject: string, detail: string): Finding => ({ subject, status: 'warning', detail })
export const failed = (subject: string, detail: string): Finding => ({ subject, status: 'failed', detail })
export const unknown = (subject: string, detail: string): Finding => ({ subject, status: 'unknown', detail })
