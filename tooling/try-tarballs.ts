// Does with the tarballs what a user will do with the packages: installs them with npm into empty projects on several Node versions, imports
// everything, runs the quickstart, starts the server. Needs npm with access to its registry. By hand: npm run release -- try <folder>
import { execFile, spawn } from 'node:child_process'
import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { delimiter, dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { promisify } from 'node:util'
import { entriesOf, type Packed } from './publishable.ts'
import { folderBytes } from './runtime-closure.ts'

export const nodeVersions = ['22', '24', '26']

export type TrialOptions = {
  readonly packed: readonly Packed[]
  /** Major version, e.g. `22`. */
  readonly node: string
  /** An empty folder to work in. */
  readonly folder: string
  /** `full`: `sedi quickstart`, about 3 minutes; `short`: one arm of it, two rounds of eight calls. */
  readonly quickstart: 'full' | 'short'
}

export type Trial = {
  readonly version: string
  /** Folders in node_modules of a project that has @sedi/core alone, and what it answered. */
  readonly coreAlone: { readonly installed: readonly string[]; readonly answer: string }
  /** All files of an install of everything, in MB (10^6 bytes). */
  readonly installMB: number
  /** Entry points, each with the number of names it exports. */
  readonly imported: Readonly<Record<string, number>>
  readonly cliVersion: string
  /** What `sedi fake-provider --list` prints. */
  readonly fakeProvider: string
  /** The runs that the quickstart made, with how they ended. */
  readonly runs: readonly { readonly recipe: string; readonly state: string; readonly calls: number; readonly kept: number }[]
  readonly server: { readonly health: number; readonly page: string; readonly script: number; readonly runs: number }
}

export async function tryTarballs({ packed, node, folder, quickstart }: TrialOptions): Promise<Trial> {
  const environment = await environmentOf(node)
  const run = async (cwd: string, command: string, ...args: string[]): Promise<string> => {
    const options = { cwd, env: environment, encoding: 'utf8', maxBuffer: 1e8, shell: process.platform === 'win32' } as const
    return (await promisify(execFile)(command, args, options)).stdout
  }
  const install = (cwd: string, tarballs: readonly string[]): Promise<string> => run(cwd, 'npm', 'install', '--no-audit', '--no-fund', ...tarballs)
  const say = async (cwd: string, code: string): Promise<string> => (await run(cwd, 'node', '--input-type=module', '--eval', code)).trim()

  const version = await say('.', 'console.log(process.version)')
  if (!version.startsWith(`v${node}.`)) throw new Error(`expected Node ${node}; npx gave ${version}`)

  const alone = emptyProject(folder, 'core-alone')
  await install(alone, [packed.find(({ manifest }) => manifest.name === '@sedi/core')!.tarball])
  const answer = await say(alone, `import { rougeL } from '@sedi/core'; console.log(rougeL('the cat sat', 'the cat ran').toFixed(3))`)
  const coreAlone = { installed: packagesIn(join(alone, 'node_modules')), answer }

  const all = emptyProject(folder, 'everything')
  await install(
    all,
    packed.map(({ tarball }) => tarball),
  )
  await run(all, 'npm', 'ls', '--all')
  const entries = packed.flatMap(({ manifest }) => entriesOf(manifest))
  const counts = await say(
    all,
    `console.log(JSON.stringify(await Promise.all(${JSON.stringify(entries)}.map(async (name) => Object.keys(await import(name)).length))))`,
  )
  const imported = Object.fromEntries((JSON.parse(counts) as number[]).map((count, i) => [entries[i]!, count]))

  const sedi = (...args: string[]): Promise<string> => run(all, 'npx', '--no', '--', 'sedi', ...args)
  const cliVersion = (await sedi('--version')).trim()
  const fakeProvider = await sedi('fake-provider', '--list')
  const runs = quickstart === 'full' ? await fullQuickstart(sedi) : await shortQuickstart(sedi, (code) => say(all, code))
  const server = await visitServer(all, environment)
  return { version, coreAlone, installMB: folderBytes(join(all, 'node_modules')) / 1e6, imported, cliVersion, fakeProvider, runs, server }
}

type Report = { readonly recipe: string; readonly state: string; readonly calls: number; readonly kept: number }

const outcomeOf = ({ recipe, state, calls, kept }: Report): Report => ({ recipe, state, calls, kept })

async function fullQuickstart(sedi: (...args: string[]) => Promise<string>): Promise<Report[]> {
  const { arms } = JSON.parse(await sedi('quickstart', '--out', 'quickstart', '--json')) as { readonly arms: readonly Report[] }
  return arms.map(outcomeOf)
}

async function shortQuickstart(sedi: (...args: string[]) => Promise<string>, say: (code: string) => Promise<string>): Promise<Report[]> {
  await say(`import { layOutQuickstart } from '@sedi/kit'; layOutQuickstart('quickstart')`)
  const short = ['target.calls=16', 'rounds=2', 'training.stepsPerRound=4'].flatMap((setting) => ['--set', setting])
  return [outcomeOf(JSON.parse(await sedi('run', 'quickstart/sedi.config.yaml', ...short, '--json')) as Report)]
}

/** Starts `sedi serve` over the quickstart's runs and visits it as a browser does. */
async function visitServer(cwd: string, environment: NodeJS.ProcessEnv): Promise<Trial['server']> {
  const main = join(cwd, 'node_modules/@sedi/cli/dist/main.js')
  const child = spawn('node', ['--disable-warning=ExperimentalWarning', main, 'serve', '--port', '0', '--store', 'quickstart/runs'], {
    cwd,
    env: environment,
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  try {
    const address = await addressOf(child.stdout, child.stderr)
    const health = await fetch(`${address}/healthz`)
    const page = await (await fetch(`${address}/`)).text()
    const script = await fetch(new URL(/<script[^>]+src="([^"]+)"/.exec(page)?.[1] ?? 'no-script', address))
    const { runs } = (await (await fetch(`${address}/v1/runs`)).json()) as { readonly runs: readonly unknown[] }
    return { health: health.status, page: /<title>(.*)<\/title>/.exec(page)?.[1] ?? '', script: script.status, runs: runs.length }
  } finally {
    child.kill('SIGTERM')
    await new Promise((resolve) => child.once('close', resolve))
  }
}

async function addressOf(...streams: readonly NodeJS.ReadableStream[]): Promise<string> {
  const said: string[] = []
  const found = streams.map(async (input) => {
    for await (const line of createInterface({ input })) {
      said.push(line)
      const address = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0]
      if (address !== undefined) return address
    }
    throw new Error('no address')
  })
  return Promise.any(found).catch(() => {
    throw new Error(`expected sedi serve to say its address; it said\n${said.join('\n')}`)
  })
}

/** The user's environment with this Node first, and nothing of this checkout. */
async function environmentOf(node: string): Promise<NodeJS.ProcessEnv> {
  const own = process.version.startsWith(`v${node}.`) ? process.execPath : await nodeOf(node)
  const kept = Object.entries(process.env).filter(([name]) => !/^(npm_(?!config_)|NODE_(OPTIONS|PATH|COMPILE_CACHE)$|SEDI_|PYTHONPATH$|INIT_CWD$)/i.test(name))
  return { ...Object.fromEntries(kept), PATH: [dirname(own), process.env.PATH].join(delimiter), NO_UPDATE_NOTIFIER: '1' }
}

async function nodeOf(version: string): Promise<string> {
  const args = ['--yes', '-p', `node@${version}`, '--', 'node', '-p', 'process.execPath']
  return (await promisify(execFile)('npx', args, { encoding: 'utf8', shell: process.platform === 'win32' })).stdout.trim()
}

function emptyProject(folder: string, name: string): string {
  const project = join(folder, name)
  mkdirSync(project, { recursive: true })
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name, private: true }))
  return project
}

function packagesIn(modules: string): string[] {
  const names = readdirSync(modules).filter((name) => !name.startsWith('.'))
  return names.flatMap((name) => (name.startsWith('@') ? readdirSync(join(modules, name)).map((inner) => `${name}/${inner}`) : [name]))
}
