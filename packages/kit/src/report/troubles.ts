import type { Ledger, Recorded, RunStateFact } from '@sedi/spec'

/** What did not go smoothly: none of it changes the data, all of it is known afterwards. */
export type Troubles = {
  /** Processes that carried the run, one after another. */
  readonly sessions: number
  readonly pauses: readonly Recorded<RunStateFact>[]
  /** Attempts without an answer, by code. */
  readonly failures: readonly { readonly code: string; readonly count: number; readonly example: string }[]
  readonly adaptations: readonly string[]
  readonly trainingFailures: readonly string[]
  /** Keys that were changed on the way: those that change no result. */
  readonly changes: readonly string[]
}

export async function troublesOf(ledger: Ledger): Promise<Troubles> {
  const failures = new Map<string, { code: string; count: number; example: string }>()
  for await (const page of ledger.columns('outcome', ['result', 'errorCode', 'message'])) {
    for (const { result, errorCode, message } of page) {
      if (result === 'answered') continue
      const code = errorCode ?? (result === 'unknown' ? 'no word of it' : 'unknown')
      const entry = failures.get(code) ?? { code, count: 0, example: message }
      failures.set(code, entry)
      entry.count++
    }
  }
  return {
    sessions: (await ledger.find('session')).length,
    pauses: (await ledger.find('run-state')).filter(({ state }) => state === 'paused' || state === 'failed'),
    failures: [...failures.values()].sort((a, b) => b.count - a.count),
    adaptations: (await ledger.find('adaptation')).map(
      ({ provider, modelId, setting, action, replacement }) =>
        `${provider} ${modelId} does not accept ${setting}: ${action}${replacement === null ? '' : ` as ${replacement}`}`,
    ),
    trainingFailures: (await ledger.find('training-outcome'))
      .filter(({ state }) => state !== 'succeeded')
      .map(({ round, state, message }) => `round ${round}: training ${state}${message === '' ? '' : `: ${message}`}`),
    changes: (await ledger.find('config-change')).map(({ changes }) => JSON.stringify(changes)),
  }
}
