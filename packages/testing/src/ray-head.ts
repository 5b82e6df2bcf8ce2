import { spawn } from 'node:child_process'
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs'
import { request } from 'node:http'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'

export type RayHeadOptions = {
  /** The folder of a virtual environment with Ray. */
  readonly environment: string
  /** @default 2 */
  readonly cpus?: number
  /** What it asks of clients. @default none */
  readonly token?: string
  /** For a machine that is busy with other tests. @default 300_000 */
  readonly patienceMs?: number
}

export type RayReply = { readonly status: number; readonly text: string }

export type RayHead = {
  /** Of its dashboard. */
  readonly address: string
  /** Asks its Jobs API. */
  ask(method: string, path: string, body?: unknown): Promise<RayReply>
  /** Ends the head and everything it has started, at once. */
  close(): Promise<void>
}

/**
 * Starts a real Ray head on loopback, with ports of its own, and waits until it takes jobs: 8 to 30 s on two cores. It keeps its files in a
 * folder that `close` removes. Throws with the end of its log when it does not come up.
 */
export async function startRayHead({ environment, cpus = 2, token, patienceMs = 300_000 }: RayHeadOptions): Promise<RayHead> {
  // Short: Ray makes sockets in it, whose paths may have 107 characters.
  const folder = mkdtempSync(join(tmpdir(), 'ray-'))
  const port = await freePort()
  const log = openSync(join(folder, 'head.log'), 'w')
  const head = spawn(
    join(environment, 'bin', 'ray'),
    [
      ...['start', '--head', '--block', '--disable-usage-stats', '--temp-dir', join(folder, 't'), '--num-cpus', String(cpus)],
      ...['--node-ip-address', '127.0.0.1', '--dashboard-host', '127.0.0.1', '--dashboard-port', String(port), '--object-store-memory', '80000000'],
      ...['--port', '0', '--min-worker-port', '0', '--max-worker-port', '0', '--dashboard-agent-listen-port', '0'],
      // Without what jobs do not need: each is a Python process more to start.
      ...['--ray-client-server-port', String(await freePort()), '--no-monitor', '--include-log-monitor', 'false'],
    ],
    {
      // A group of its own, so that it can be ended as a whole: `ray stop` ends every Ray of the machine.
      detached: true,
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        PATH: `${join(environment, 'bin')}:${process.env.PATH}`,
        HOME: folder,
        PYTHONPATH: undefined,
        RAY_raylet_start_wait_time_s: String(patienceMs / 1000),
        RAY_AUTH_MODE: token === undefined ? 'disabled' : 'token',
        ...(token === undefined ? {} : { RAY_AUTH_TOKEN: token }),
      },
    },
  )
  closeSync(log)
  const ended = new Promise<void>((resolve) => {
    head.once('exit', () => resolve())
    head.once('error', () => resolve())
  })
  let over = false
  void ended.then(() => {
    over = true
  })

  const address = `http://127.0.0.1:${port}`
  const headers = { 'content-type': 'application/json', ...(token === undefined ? {} : { authorization: `Bearer ${token}` }) }
  // Not by fetch: Ray takes its headers for a browser's, and refuses to be posted to.
  const ask = (method: string, path: string, body?: unknown): Promise<RayReply> =>
    new Promise((resolve, reject) => {
      const sent = request(`${address}${path}`, { method, headers, signal: AbortSignal.timeout(60_000) }, (response) => {
        let text = ''
        response.setEncoding('utf8').on('data', (part: string) => {
          text += part
        })
        response.once('end', () => resolve({ status: response.statusCode ?? 0, text }))
        response.once('error', reject)
      })
      sent.once('error', reject).end(body === undefined ? undefined : JSON.stringify(body))
    })
  const close = async (): Promise<void> => {
    if (head.pid !== undefined && !over) process.kill(-head.pid, 'SIGKILL')
    await ended
    // Workers, and what a job started, see within a second or two that the head is gone.
    await wait(3000)
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 300 })
  }

  // The dashboard is up before its agent is, which takes the jobs.
  for (const until = Date.now() + patienceMs; ; await wait(300)) {
    const taken = await ask('POST', '/api/jobs/', { submission_id: 'up', entrypoint: 'true' }).catch(() => undefined)
    if (taken?.status === 200 || taken?.text.includes('already exists')) return { address, ask, close }
    if (!over && Date.now() < until) continue
    const words = readFileSync(join(folder, 'head.log'), 'utf8').slice(-2000)
    await close()
    throw new Error(`The Ray head does not take jobs${over ? ': it ended' : ''}. Its log:\n${words}`)
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer().once('error', reject)
    server.listen(0, '127.0.0.1', () => {
      const address = server.address()
      server.close(() => (typeof address === 'object' && address !== null ? resolve(address.port) : reject(new Error('no port'))))
    })
  })
}
