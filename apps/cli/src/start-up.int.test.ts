import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Finished, sedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeConfig } from './fixtures/test-folder.ts'

// What a command loads is what people wait for. Named packages and files, no times; the lists are complete, so whatever comes in shows.

type Loaded = Finished & { readonly packages: readonly string[]; readonly commands: readonly string[] }

async function load(cwd: string, ...args: string[]): Promise<Loaded> {
  const file = join(cwd, 'loaded.json')
  const hook = new URL('fixtures/loaded-modules.mjs', import.meta.url).href
  const finished = await sedi(args, { cwd, env: { NODE_OPTIONS: `--import ${hook}`, SEDI_LOADED_FILE: file } })
  const urls = (JSON.parse(readFileSync(file, 'utf8')) as string[]).filter((url) => url.startsWith('file:'))
  const commands = urls.filter((url) => url.includes('/apps/cli/src/commands/')).map((url) => basename(url, '.ts'))
  return {
    ...finished,
    packages: [...new Set(urls.map(packageOf))].toSorted(),
    commands: commands.filter((name) => name !== 'registry.gen').toSorted(),
  }
}

/** By the innermost node_modules, else by the folder of the workspace. */
function packageOf(url: string): string {
  const outside = url.split('/node_modules/').slice(1).at(-1)
  if (outside === undefined) return `@sedi/${/\/(?:packages|apps)\/([^/]+)\/src\//.exec(url)?.[1] ?? url}`
  return outside
    .split('/')
    .slice(0, outside.startsWith('@') ? 2 : 1)
    .join('/')
}

const shell = ['@sedi/cli', 'commander']
const reading = [...shell, '@sedi/core', '@sedi/evaluation', '@sedi/kit', '@sedi/pipeline', '@sedi/spec', '@sedi/store', 'zod'].toSorted()
/** Declarations of adapters, and no library that any of them works with. */
const adapters = [...reading, '@sedi/generators', '@sedi/simulation', '@sedi/trainers'].toSorted()

describe('without a run', () => {
  let cwd = ''
  beforeAll(() => {
    cwd = testFolder()
    // No key by its name: only the adapters know whether it is one.
    writeFileSync(join(cwd, '.env'), 'DATABASE_URL=postgres://127.0.0.1/none\n')
  })

  it.each([
    [0, '--version'],
    [0, '--help'],
    [0, 'help'],
    [2, 'rum'],
    [2, 'generate'],
    [2, 'my.yaml'],
    [2, '--jsn'],
  ])('exit %i of “sedi %s” loads the shell of the program only, and no command', async (code, line) => {
    expect(await load(cwd, line)).toMatchObject({ code, packages: shell, commands: [] })
  })

  it('what has to know every command loads every command: the hook sees them', async () => {
    const all = readdirSync(new URL('commands', import.meta.url)).map((name) => basename(name, '.ts'))
    const { code, packages, commands } = await load(cwd, 'completion', 'bash')
    expect([code, commands]).toEqual([0, all.filter((name) => name !== 'registry.gen').toSorted()])
    expect(packages).toEqual(expect.arrayContaining([...adapters, 'yaml']))
  })
})

describe('with a run', () => {
  let cwd = ''
  beforeAll(async () => {
    cwd = testFolder()
    writeConfig(cwd, { generator: { id: 'simulated' }, target: { calls: 1 }, rounds: 1 })
    expect(await sedi(['run', '--json'], { cwd })).toMatchObject({ code: 0 })
  })
  const run = (): string => readdirSync(join(cwd, 'runs')).find((name) => !name.includes('.'))!

  it.each([
    ['runs', () => [], reading],
    ['status', () => [run(), '--json', '--no-baseline'], reading],
    ['explain', () => [run(), 'r01-c0000-i00'], reading],
    ['seeds', () => [run()], reading],
    ['status', () => [run()], adapters],
    ['run', () => ['--dry-run'], [...adapters, 'yaml'].toSorted()],
  ])('“sedi %s” loads its own file and what reads a run', async (name, args, packages) => {
    expect(await load(cwd, name, ...args())).toMatchObject({ code: 0, packages, commands: [name] })
  })
})
