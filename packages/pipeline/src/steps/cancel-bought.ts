import type { Ledger, RunConfig, TextGenerator } from '@sedi/spec'
import { cancelPurchases } from '../calls/cancel-purchases.ts'
import { planAgain } from './plan-again.ts'

export type CancelBoughtOptions = {
  readonly ledger: Ledger
  readonly config: RunConfig
  readonly generator: TextGenerator
  readonly clock: () => number
  readonly signal?: AbortSignal | undefined
  readonly onNotice: (message: string) => void
}

/** For a run that is cancelled: ends what its teacher still works on (batches), and records what that brought and cost. */
export async function cancelBought({ ledger, config, onNotice, ...options }: CancelBoughtOptions): Promise<void> {
  const answers = await cancelPurchases({ ledger, config, plan: await planAgain(ledger, config), ...options })
  if (answers > 0) onNotice(`${answers} answers had been paid for when the provider ended its work; they are recorded.`)
}
