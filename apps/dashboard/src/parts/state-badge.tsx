import type { ReactElement } from 'react'
import type { RunState } from '../api/runs.ts'

const looks: Readonly<Record<RunState, { readonly tone: string; readonly sign: string }>> = {
  created: { tone: 'plain', sign: '○' },
  starting: { tone: 'busy', sign: '◔' },
  running: { tone: 'busy', sign: '▶' },
  paused: { tone: 'warn', sign: '❚❚' },
  interrupted: { tone: 'warn', sign: '!' },
  done: { tone: 'good', sign: '✓' },
  cancelled: { tone: 'plain', sign: '■' },
  failed: { tone: 'bad', sign: '✕' },
  unreadable: { tone: 'bad', sign: '?' },
}

/** A run's state in a word and a sign, never by colour alone. */
export function StateBadge({ state, reason }: { readonly state: RunState; readonly reason?: string | undefined }): ReactElement {
  const { tone, sign } = looks[state] ?? { tone: 'plain', sign: '·' }
  return (
    <span className={`badge ${tone}`} title={reason || undefined}>
      <span aria-hidden="true">{sign}</span> {state}
    </span>
  )
}
