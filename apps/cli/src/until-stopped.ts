import type { Cli } from './command.ts'

/** Resolves at the first Ctrl-C or SIGTERM. */
export async function untilStopped(cli: Cli): Promise<void> {
  if (cli.stop.aborted) return
  await new Promise<void>((resolve) => {
    cli.stop.addEventListener('abort', () => resolve(), { once: true })
  })
}
