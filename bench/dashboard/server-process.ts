import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'

export type ServerProcess = {
  readonly url: string
  /** Longest time its main thread was busy in one go since this was last asked, and what memory it has. */
  busy(): Promise<{ readonly longestMs: number; readonly megabytes: number }>
  close(): Promise<void>
}

const flags = ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning']

export async function startServerProcess(...parameters: readonly string[]): Promise<ServerProcess> {
  const child: ChildProcess = fork(new URL('./serve.ts', import.meta.url), parameters, { execArgv: flags })
  const [{ url }] = (await once(child, 'message')) as [{ readonly url: string }]
  return {
    url,
    async busy() {
      child.send('busy?')
      const [answer] = await once(child, 'message')
      return answer
    },
    async close() {
      child.disconnect()
      await once(child, 'exit')
    },
  }
}
