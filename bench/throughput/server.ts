import { spawn } from 'node:child_process'
import { join } from 'node:path'

export type ServerOptions = {
  readonly latencyMs: number
  readonly perMinute: number
  readonly burstSeconds: number
  readonly answers: 'plain' | 'tasks' | 'same'
}

/** Admitted and refused in each second since the first request. */
export type Stats = { readonly seconds: readonly (readonly [number, number])[] }

export async function startServer({ latencyMs, perMinute, burstSeconds, answers }: ServerOptions) {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'server.mjs'), `${latencyMs}`, `${perMinute}`, `${burstSeconds}`, answers], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const port = await new Promise<string>((resolve) => child.stdout.setEncoding('utf8').once('data', (text: string) => resolve(text.trim())))
  return {
    url: `http://127.0.0.1:${port}/v1`,
    stats: async (): Promise<Stats> => (await (await fetch(`http://127.0.0.1:${port}/stats`)).json()) as Stats,
    stop: () => void child.kill(),
  }
}
