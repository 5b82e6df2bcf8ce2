// The door to every script of this repository, on a machine with nothing but some Node (20 or newer) and npm:
//   node tooling/toolchain.mjs <task> [arguments]
// It finds or fetches the pinned pnpm, and the pinned Node when the machine's own is not one we support, installs the
// dependencies when they changed, and runs the task. No dependencies; plain JavaScript that Node 20 understands.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { findChromium } from './set-up-chromium.mjs'
import { findPostgres } from './set-up-postgres.mjs'

const pinnedNode = '24.21.0'
const pinnedPnpm = '12.21.0'
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const stateFile = join(root, '.toolchain', 'state.json')

const run = (command, ...args) => ({ command, args })
const node = (...args) => run('node', ...args)
const pnpm = (...args) => run('pnpm', ...args)

/** The environments of the Python trainer and of Ray for the tests, beside the other tools. */
const pythonEnvironment = {
  SEDI_PYTHON_ENV: join(root, '.toolchain/python'),
  SEDI_RAY_ENV: join(root, '.toolchain/ray'),
  PYTHONPATH: join(root, 'packages/trainers/python/src'),
}

/** What `sedi serve` shows; built when its sources changed (0.3 s otherwise). The API works without it, and says how to build it. */
const buildDashboard = { ...pnpm('exec', 'turbo', 'run', 'build', '--filter=@sedi/dashboard', '--output-logs=errors-only'), stdout: 2, mayFail: true }

/** Generated files, types, lint, import directions: what is worth knowing before any test. */
const quickChecks = [
  node('tooling/gen-registry.mjs', '--check'),
  node('--conditions=@sedi/source', 'packages/kit/scripts/gen-config-docs.ts', '--check'),
  node('--conditions=@sedi/source', 'docs/generate/main.ts', '--check'),
  pnpm('exec', 'turbo', 'run', 'typecheck', '--output-logs=errors-only'),
  pnpm('exec', 'tsc', '-p', 'tooling'),
  pnpm('exec', 'biome', 'check', '.'),
  node('tooling/check-boundaries.ts'),
]

/** What each task runs, in order; the caller's arguments go to the last step, and stdout is the last step's where an earlier one says `stdout: 2`. */
const tasks = {
  sedi: () => [
    ...(taskArguments[0] === 'serve' ? [buildDashboard] : []),
    { ...node('--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', join(root, 'apps/cli/src/main.ts')), inCallersFolder: true },
  ],
  quickstart: () => [
    { ...pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only'), stdout: 2 },
    { ...node('--disable-warning=ExperimentalWarning', join(root, 'apps/cli/dist/main.js'), 'quickstart'), inCallersFolder: true },
  ],
  gen: () => [
    node('tooling/gen-registry.mjs'),
    node('--conditions=@sedi/source', 'packages/kit/scripts/gen-config-docs.ts'),
    node('--conditions=@sedi/source', 'docs/generate/main.ts'),
  ],
  /** `npm run docs` builds the site, `npm run docs -- dev` serves it while it is written. */
  docs: () => [pnpm('--dir', 'docs', 'exec', 'vitepress', ...(taskArguments.length === 0 ? ['build'] : []))],
  check: () => [
    ...quickChecks,
    pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only'),
    pnpm('exec', 'knip', '--config', 'tooling/knip.ts', '--no-config-hints'),
    node('tooling/check-licences.ts'),
    node('tooling/check-packs.ts'),
    node('--conditions=@sedi/source', 'tooling/check-docs.ts'),
  ],
  test: () => [...quickChecks, { ...buildDashboard, mayFail: false }, pnpm('exec', 'vitest', 'run')],
  'test:full': () => [
    ...['python', 'ray'].map((trainer) => ({
      ...node('--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', 'apps/cli/src/main.ts', 'trainer', 'setup', trainer),
      env: pythonEnvironment,
    })),
    { ...run(join(pythonEnvironment.SEDI_PYTHON_ENV, 'bin/python'), '-m', 'pytest', '-q', 'packages/trainers/python'), env: pythonEnvironment },
    pnpm('exec', 'turbo', 'run', 'build', '--output-logs=errors-only'),
    { ...pnpm('exec', 'vitest', 'run'), env: { SEDI_TEST: 'full', SEDI_POSTGRES_BIN: findPostgres(), ...findChromium(), ...pythonEnvironment } },
  ],
  'check-reproduction': () => [{ ...node('--disable-warning=ExperimentalWarning', join(root, 'tooling/check-reproduction.mjs')), inCallersFolder: true }],
  changeset: () => [pnpm('exec', 'changeset')],
  release: () => [node('tooling/release.ts')],
  bench: () => [node('--conditions=@sedi/source', 'bench/main.ts')],
}

const [taskName, ...taskArguments] = process.argv.slice(2)
if (taskName === '--locate') printLocations()
else process.exitCode = await main()

async function main() {
  const steps = tasks[taskName]?.()
  if (steps === undefined) return fail(`expected one of the tasks ${Object.keys(tasks).join(', ')}; got “${taskName}”`)
  const tools = findTools()
  if (tools === undefined) return 1
  if (!install(tools)) return 1
  for (const [i, step] of steps.entries()) {
    const last = i === steps.length - 1
    const code = await runStep(tools, last ? { ...step, args: [...step.args, ...taskArguments] } : step)
    if (code !== 0 && !step.mayFail) return code
  }
  return 0
}

function fail(message) {
  process.stderr.write(`${message}\n`)
  return 2
}

/** vitest and changesets leave out 23 and 25; node:sqlite and type stripping need 22.18. */
function isSupported(version) {
  const [major, minor] = version.replace('v', '').split('.').map(Number)
  return (major === 22 && minor >= 18) || major === 24 || major >= 26
}

/** Where Node and pnpm are: remembered from last time while that still holds, else asked of npx, which fetches what is missing. */
function findTools() {
  const wanted = { host: process.version, pinnedNode, pinnedPnpm }
  const known = readJson(stateFile)
  if (known !== undefined && Object.keys(wanted).every((key) => known[key] === wanted[key]) && existsSync(known.node) && existsSync(known.pnpmFolder))
    return known
  const packages = [...(isSupported(process.version) ? [] : ['-p', `node@${pinnedNode}`]), '-p', `pnpm@${pinnedPnpm}`]
  const asked = spawnSync('npx', ['--yes', ...packages, '--', 'node', join(root, 'tooling/toolchain.mjs'), '--locate'], {
    encoding: 'utf8',
    cwd: root,
    shell: process.platform === 'win32',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const found = parseJson(asked.stdout)
  if (asked.status !== 0 || found === undefined || !isSupported(found.version)) {
    fail(
      `Cannot fetch ${packages.filter((name) => name !== '-p').join(' and ')} with npx (exit ${asked.status}). SeDi needs Node 22.18+, 24 or 26+, or npm with access to its registry.`,
    )
    return undefined
  }
  mkdirSync(dirname(stateFile), { recursive: true })
  writeFileSync(stateFile, JSON.stringify({ ...wanted, ...found }))
  return found
}

/** Runs inside npx: says which Node this is and where pnpm lies. */
function printLocations() {
  const pnpmFolder = process.env.PATH.split(delimiter).find((folder) => existsSync(join(folder, 'pnpm')) || existsSync(join(folder, 'pnpm.cmd')))
  process.stdout.write(JSON.stringify({ node: process.execPath, pnpmFolder, version: process.version }))
}

/** Installs when the lock file, a manifest or the Node version changed since the last time. Output goes to stderr: stdout is the task's. */
function install(tools) {
  const stampFile = join(root, 'node_modules', '.sedi-installed')
  const stamp = installStamp(tools)
  if (existsSync(stampFile) && readFileSync(stampFile, 'utf8') === stamp) return true
  process.stderr.write('Installing dependencies…\n')
  const done = spawnSync('pnpm', ['install', '--frozen-lockfile', '--reporter=append-only'], {
    cwd: root,
    env: environment(tools),
    shell: process.platform === 'win32',
    encoding: 'utf8',
  })
  if (done.status !== 0) {
    process.stderr.write(`${done.stdout}${done.stderr}\nThe dependencies could not be installed (exit ${done.status}).\n`)
    return false
  }
  writeFileSync(stampFile, stamp)
  return true
}

function installStamp(tools) {
  const hash = createHash('sha256').update(tools.version)
  const folders = ['packages', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name)))
  const files = ['pnpm-lock.yaml', 'pnpm-workspace.yaml', ...['.', 'bench', 'docs', 'examples', ...folders].map((folder) => join(folder, 'package.json'))]
  for (const file of files) if (existsSync(join(root, file))) hash.update(readFileSync(join(root, file)))
  return hash.digest('hex')
}

function environment(tools, extra = {}) {
  // Halves the start of every command that runs from source: a second otherwise.
  const NODE_COMPILE_CACHE = process.env.NODE_COMPILE_CACHE ?? join(root, '.toolchain/compile-cache')
  return {
    ...process.env,
    TURBO_TELEMETRY_DISABLED: '1',
    NODE_COMPILE_CACHE,
    ...extra,
    PATH: [dirname(tools.node), tools.pnpmFolder, process.env.PATH].join(delimiter),
  }
}

/** Runs a step to its end and returns its exit code; 128 + n when signal n ended it, as shells do. */
function runStep(tools, step) {
  const cwd = step.inCallersFolder ? (process.env.INIT_CWD ?? process.cwd()) : root
  const child = spawn(step.command === 'node' ? tools.node : step.command, step.args, {
    cwd,
    env: environment(tools, step.env),
    stdio: ['inherit', step.stdout ?? 'inherit', 'inherit'],
    shell: process.platform === 'win32' && step.command !== 'node',
  })
  // Ctrl-C in a terminal reaches the whole foreground group, the child included: passing it on would count as a second one.
  const onInterrupt = () => {
    if (!process.stdin.isTTY) child.kill('SIGINT')
  }
  const onTerminate = () => child.kill('SIGTERM')
  process.on('SIGINT', onInterrupt)
  process.on('SIGTERM', onTerminate)
  return new Promise((resolve) => {
    child.on('error', (error) => resolve(fail(`Cannot start ${step.command}: ${error.message}`)))
    child.on('close', (code, signal) => {
      process.off('SIGINT', onInterrupt)
      process.off('SIGTERM', onTerminate)
      resolve(code ?? 128 + (constants.signals[signal] ?? 0))
    })
  })
}

function readJson(file) {
  return existsSync(file) ? parseJson(readFileSync(file, 'utf8')) : undefined
}

function parseJson(text) {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
