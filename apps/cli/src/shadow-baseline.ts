import { type RunReport, type ShadowBaseline, shadowBaseline } from '@sedi/kit/runs'
import type { Ledger } from '@sedi/spec'
import { type Cli, say } from './command.ts'
import { formatCount } from './format.ts'

// Most runs are replayed before anybody wonders; then a line now and then.
const quietMs = 2000

/** The run’s stream under Self-Instruct’s filter; null when nothing was written. Says how far it is when that takes longer than a moment. */
export async function replayBaseline(
  cli: Cli,
  ledger: Ledger,
  { raw }: Pick<RunReport, 'raw'>,
  { quiet = false }: { readonly quiet?: boolean } = {},
): Promise<ShadowBaseline | null> {
  if (raw === 0) return null
  let saidAt = Date.now()
  return shadowBaseline(ledger, {
    onProgress(done) {
      if (quiet || Date.now() - saidAt < quietMs) return
      saidAt = Date.now()
      say(cli, `Replaying Self-Instruct’s filter: ${formatCount(done)} of ${formatCount(raw)} items`)
    },
  })
}
