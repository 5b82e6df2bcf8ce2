import { once } from 'node:events'
import { type FakeProvider, type FakeProviderOptions, startFakeProvider } from './start-fake-provider.ts'

export type RunFakeProviderOptions = FakeProviderOptions & {
  /** Ends the server. */
  readonly signal: AbortSignal
  /** Called once it takes requests. */
  readonly onListening?: ((provider: FakeProvider) => void) | undefined
}

/** Runs a fake provider until the signal aborts; resolves when it is closed and its book complete. Prints nothing. */
export async function runFakeProvider({ signal, onListening, ...options }: RunFakeProviderOptions): Promise<void> {
  const provider = await startFakeProvider(options)
  onListening?.(provider)
  if (!signal.aborted) await once(signal, 'abort')
  await provider.close()
}
