import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process'
import { copyFileSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join, matchesGlob } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { root } from './publishable.ts'

type Instruction = { readonly word: string; readonly rest: string }
type Stage = readonly Instruction[]

// Does what the Containerfile says, in a folder instead of an image: its own lines, with the paths of the image put below the folder.
const image = mkdtempSync(join(tmpdir(), 'sedi-image-'))
const token = 'a'.repeat(64)
const [build, runtime] = stages(readFileSync(join(root, 'Containerfile'), 'utf8')) as [Stage, Stage]

beforeAll(() => {
  copyContext(inImage(textOf(build, 'WORKDIR')))
  for (const { rest } of build.filter(({ word }) => word === 'RUN')) sh(rest, inImage(textOf(build, 'WORKDIR')))
  for (const { rest } of runtime.filter(({ word }) => word === 'COPY')) copyInto(rest)
  for (const { rest } of runtime.filter(({ word }) => word === 'RUN')) sh(rest.replace(/ && chown \S+ \S+/, ''), image)
}, 600_000)
afterAll(() => rmSync(image, { recursive: true, force: true }))

it('is pinned, built in a stage of its own, and does not run as root', () => {
  expect([build, runtime].map((stage) => stage[0]!.rest.split(' ')[0])).toEqual(['node:24.21.0-bookworm-slim', 'node:24.21.0-bookworm-slim'])
  expect(textOf(runtime, 'USER')).toBe('node')
  expect(readFileSync(join(root, 'tooling/toolchain.mjs'), 'utf8')).toContain(`const pinnedNode = '24.21.0'`)
  // Nothing of the sources or of what only builds gets into the image.
  expect(runtime.filter(({ word }) => word === 'COPY').map(({ rest }) => rest)).toEqual([
    '--from=build /opt/sedi /opt/sedi',
    'tooling/container/entrypoint.sh tooling/container/healthcheck.mjs /opt/sedi/bin/',
  ])
  expect(existsSync(inImage('/opt/sedi/node_modules/typescript'))).toBe(false)
})

it('serves with a token, is healthy, and writes nowhere but in /data and /tmp', async () => {
  const before = filesOf(inImage('/opt/sedi'))
  const port = String(await freePort())
  const server = start([], { SEDI_API_TOKEN: token, SEDI_PORT: port })
  try {
    const check = textOf(runtime, 'HEALTHCHECK').split('CMD ')[1]!
    const [program, ...args] = (JSON.parse(check) as string[]).map(inImage)
    await expect.poll(() => spawnSync(program!, args, { env: environment({ SEDI_PORT: port }) }).status, { timeout: 120_000 }).toBe(0)
    const runs = await fetch(`http://127.0.0.1:${port}/v1/runs`, { headers: { authorization: `Bearer ${token}` } })
    expect([runs.status, (await fetch(`http://127.0.0.1:${port}/v1/runs`)).status]).toEqual([200, 401])
    expect(existsSync(inImage('/data/runs'))).toBe(true)
    expect(filesOf(inImage('/opt/sedi'))).toEqual(before)
  } finally {
    server.kill('SIGTERM')
  }
  // The shell of the entry point is gone: a signal to the container reaches the server.
  expect(await new Promise((resolve) => server.once('exit', (code) => resolve(code)))).toBe(0)
})

it('is unhealthy without a server, and does not serve without a token', () => {
  const check = spawnSync('node', [inImage('/opt/sedi/bin/healthcheck.mjs')], { env: environment({ SEDI_PORT: '9' }) })
  const { status, stderr } = entryPoint([])
  expect([check.status, status, stderr.includes('SEDI_API_TOKEN is not set')]).toEqual([1, 2, true])
})

it('is the command line and a worker too', () => {
  expect(entryPoint(['sedi', '--version']).stdout).toMatch(/^\d+\.\d+\.\d+/)
  const { stdout, status } = entryPoint(['sedi', 'worker', '--help'])
  expect([status, stdout.includes('--health-port')]).toEqual([0, true])
  // What a worker needs besides: the drivers of PostgreSQL came with the command line.
  const drivers = "await import('pg'); await import('pg-boss')"
  const resolved = spawnSync('node', ['--input-type=module', '-e', drivers], { cwd: inImage('/opt/sedi'), env: environment({}), encoding: 'utf8' })
  expect(resolved).toMatchObject({ status: 0, stderr: '' })
})

function stages(text: string): Stage[] {
  const found: Instruction[][] = []
  for (const line of text.replaceAll(/\\\n\s*/g, '').split('\n')) {
    const [, word, rest] = /^([A-Z]+) (.*)$/.exec(line) ?? []
    if (word === undefined || rest === undefined) continue
    if (word === 'FROM') found.push([])
    found.at(-1)?.push({ word, rest })
  }
  return found
}

function textOf(stage: Stage, word: string): string {
  const found = stage.findLast((instruction) => instruction.word === word)
  if (found === undefined) throw new Error(`the Containerfile has no ${word}`)
  return found.rest
}

/** Paths of the image, below the folder. */
function inImage(text: string): string {
  return text.replaceAll(/(?<![\w.])\/(source|tarballs|opt\/sedi|data)\b/g, (path) => join(image, path))
}

/** What an engine would send: files that are neither ignored by git nor by .containerignore. */
function copyContext(into: string): void {
  const ignored = readFileSync(join(root, '.containerignore'), 'utf8').trim().split('\n')
  const files = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], { cwd: root, encoding: 'utf8', maxBuffer: 1e8 })
    .trim()
    .split('\n')
  for (const file of files) {
    if (!existsSync(join(root, file)) || ignored.some((pattern) => matchesGlob(file, pattern) || matchesGlob(file, `${pattern}/**`))) continue
    mkdirSync(dirname(join(into, file)), { recursive: true })
    copyFileSync(join(root, file), join(into, file))
  }
}

/** A line that copies from the build stage has its target in place already. */
function copyInto(rest: string): void {
  const parts = rest.split(' ')
  if (parts[0]!.startsWith('--from=')) return
  for (const file of parts.slice(0, -1)) cpSync(join(root, file), join(inImage(parts.at(-1)!), basename(file)))
}

function sh(command: string, cwd: string): void {
  const { status, stdout, stderr } = spawnSync('sh', ['-c', inImage(command)], { cwd, env: environment({}, 'build'), encoding: 'utf8', maxBuffer: 1e8 })
  if (status !== 0) throw new Error(`${command}: exit ${status}\n${stdout}${stderr}`)
}

/** The ENV lines of the image over as little of this process's environment as npm needs. */
function environment(extra: Record<string, string>, stage: 'build' | 'runtime' = 'runtime'): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => /^(PATH|HOME|LANG|NODE_EXTRA_CA_CERTS|npm_config_.*)$/.test(name))
  const own = Object.fromEntries([...kept, ['PATH', [dirname(process.execPath), process.env.PATH].join(delimiter)]]) as Record<string, string>
  if (stage === 'build') return own
  const pairs = textOf(runtime, 'ENV')
    .split(' ')
    .map((pair) => pair.split('=') as [string, string, string?])
  const values = Object.fromEntries(pairs.map(([name, ...rest]) => [name, inImage(rest.join('=')).replace('$PATH', own.PATH!)]))
  return { ...own, ...values, ...extra }
}

function command(args: readonly string[]): [string, string[]] {
  const [program, ...rest] = (JSON.parse(textOf(runtime, 'ENTRYPOINT')) as string[]).map(inImage)
  return [program!, [...rest, ...(args.length > 0 ? args : (JSON.parse(textOf(runtime, 'CMD')) as string[]))]]
}

function start(args: readonly string[], extra: Record<string, string>): ChildProcess {
  return spawn(...command(args), { cwd: inImage('/data'), env: environment(extra), stdio: 'ignore' })
}

function entryPoint(args: readonly string[]): { readonly status: number | null; readonly stdout: string; readonly stderr: string } {
  return spawnSync(...command(args), { cwd: inImage('/data'), env: environment({}), encoding: 'utf8', timeout: 300_000 })
}

const filesOf = (folder: string): string[] => globSync('**/*', { cwd: folder }).sort()

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { readonly port: number }
      server.close(() => resolve(port))
    })
  })
}
