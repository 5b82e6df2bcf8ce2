import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process'
import { appendFileSync, chmodSync, chownSync, cpSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { type AddressInfo, createServer, Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { promisify } from 'node:util'

/** A PostgreSQL server of one's own, on loopback, with its data in a temporary folder. */
export type PostgresServer = {
  /** Of a database that is there and empty; any user may connect. */
  readonly url: string
  readonly port: number
  /** `kill -9` of the server and all it began, as a power cut would. */
  kill(): Promise<void>
  /** Starts it again where it was; recovery included. */
  start(): Promise<void>
  /** Ends every connection and stops. */
  stop(): Promise<void>
  /** Stops, and deletes the data. */
  destroy(): Promise<void>
}

/** PostgreSQL refuses to run as root; then it runs as nobody (65534 on every Linux we know). */
const unprivileged = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {}

/**
 * Makes and starts a server; 2 seconds. Programs are looked for in the folder that SEDI_POSTGRES_BIN names, on PATH, and where Debian puts them.
 *
 * @param settings lines of postgresql.conf
 */
export async function startPostgres(settings: readonly string[] = []): Promise<PostgresServer> {
  const bin = reachable(findPrograms())
  const folder = mkdtempSync(join(tmpdir(), 'sedi-postgres-'))
  chmodSync(folder, 0o700)
  if (unprivileged.uid !== undefined) chownSync(folder, unprivileged.uid, unprivileged.gid)
  const data = join(folder, 'data')
  await promisify(execFile)(join(bin, 'initdb'), ['-D', data, '-U', 'sedi', '-A', 'trust', '--encoding=UTF8', '--no-locale', '--no-sync'], {
    ...unprivileged,
    cwd: folder,
  })
  const port = await freePort()
  const own = [`port = ${port}`, `listen_addresses = '127.0.0.1'`, `unix_socket_directories = ''`, 'log_min_messages = fatal']
  appendFileSync(join(data, 'postgresql.conf'), [...own, ...settings, ''].join('\n'))
  let server: ChildProcess | undefined

  async function start(): Promise<void> {
    // A process of the killed server that began while it was being killed leaves within moments, and is waited for; so is somebody's connection
    // that was given our port for its own end meanwhile.
    for (let attempt = 0; ; attempt++) {
      const said = await tryToStart()
      if (said === undefined) return
      if (attempt >= 100 || !/shared memory block .* is still in use|Address already in use/.test(said)) throw new Error(`PostgreSQL did not start: ${said}`)
      await wait(100)
    }
  }

  /** Undefined when it answers, else what it said. */
  async function tryToStart(): Promise<string | undefined> {
    const child = spawn(join(bin, 'postgres'), ['-D', data], { ...unprivileged, cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
    let said = ''
    child.stderr?.on('data', (chunk) => {
      said = `${said}${chunk}`.slice(-4000)
    })
    server = child
    for (let attempt = 0; !(await answers(port)); attempt++) {
      const over = child.exitCode !== null || attempt > 2400
      await wait(50)
      if (over) return said
    }
    return undefined
  }

  async function end(signal: 'SIGKILL' | 'SIGINT'): Promise<void> {
    const child = server
    server = undefined
    if (child === undefined || child.exitCode !== null || child.signalCode !== null) return
    const gone = new Promise((resolve) => child.once('exit', resolve))
    // A power cut ends its processes as well; those that are left notice that it is gone only after a while.
    const pids = signal === 'SIGKILL' ? [child.pid!, ...(await childrenOf(child.pid!))] : [child.pid!]
    for (const pid of pids) killQuietly(pid, signal)
    await gone
  }

  await start()
  return {
    url: `postgres://sedi@127.0.0.1:${port}/postgres`,
    port,
    kill: () => end('SIGKILL'),
    start,
    stop: () => end('SIGINT'),
    async destroy() {
      await end('SIGINT')
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

async function childrenOf(pid: number): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)('pgrep', ['-P', String(pid)]).catch(() => ({ stdout: '' }))
  return stdout.split('\n').filter(Boolean).map(Number)
}

function killQuietly(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal)
  } catch {
    // Gone already.
  }
}

let copied: string | undefined

/** The programs where the unprivileged user can run them: a copy, where they are below a folder that only root may enter. */
function reachable(bin: string): string {
  if (spawnSync(join(bin, 'initdb'), ['--version'], unprivileged).status === 0) return bin
  if (copied === undefined) {
    copied = mkdtempSync(join(tmpdir(), 'sedi-postgres-programs-'))
    chmodSync(copied, 0o755)
    cpSync(dirname(bin), copied, { recursive: true, verbatimSymlinks: true })
    const folder = copied
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
  }
  return join(copied, basename(bin))
}

function findPrograms(): string {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const folders = [process.env.SEDI_POSTGRES_BIN ?? [], (process.env.PATH ?? '').split(delimiter), versions.map((version) => join(debian, version, 'bin'))]
  const found = folders.flat().find((folder) => ['initdb', 'postgres'].every((program) => existsSync(join(folder, program))))
  if (found !== undefined) return found
  throw new Error('PostgreSQL is not installed. Install it (Debian: apt-get install postgresql), or name the folder of its programs in SEDI_POSTGRES_BIN.')
}

/** Whether the server lets clients in: a process that starts or recovers listens, and says so. */
async function answers(port: number): Promise<boolean> {
  const socket = new Socket()
  try {
    return await new Promise<boolean>((resolve) => {
      socket.once('error', () => resolve(false))
      socket.setTimeout(1000, () => resolve(false))
      // A start-up message for protocol 3.0; R asks for (no) authentication, E is an error such as “the database system is starting up”.
      const body = Buffer.from('user\0sedi\0database\0postgres\0\0')
      const message = Buffer.alloc(8)
      message.writeInt32BE(8 + body.length, 0)
      message.writeInt32BE(196_608, 4)
      socket.once('data', (reply) => resolve(reply[0] === 0x52))
      socket.connect(port, '127.0.0.1', () => socket.write(Buffer.concat([message, body])))
    })
  } finally {
    socket.destroy()
  }
}

async function freePort(): Promise<number> {
  const server = createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  await new Promise((resolve) => server.close(resolve))
  return port
}
