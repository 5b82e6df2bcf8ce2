import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { layOutConsumer } from './lay-out-consumer.ts'
import { type Packed, packAll, root } from './publishable.ts'
import { nodeVersions, tryTarballs } from './try-tarballs.ts'

// What `npm run check` cannot see without npm: an install from the tarballs into an empty project. The toolchain builds before these tests.
const scratch = mkdtempSync(join(tmpdir(), 'sedi-tarballs-'))
let packed: Packed[]
beforeAll(async () => {
  packed = await packAll(join(scratch, 'tarballs'))
  // The libraries without the command line, which brings every optional peer.
  const libraries = packed.filter(({ manifest }) => manifest.exports !== undefined)
  layOutConsumer(join(scratch, 'libraries'), libraries)
})
afterAll(() => rmSync(scratch, { recursive: true, force: true }))

// The whole quickstart on one version; a release does it on all (`npm run release -- try <folder> --quickstart full`).
it.each(nodeVersions)('Node %s: installs, imports, runs the quickstart, serves', { timeout: 900_000 }, async (node) => {
  const quickstart = node === '24' ? 'full' : 'short'
  const trial = await tryTarballs({ packed, node, folder: join(scratch, node), quickstart })
  expect(trial.coreAlone).toEqual({ installed: ['@sedi/core'], answer: '0.667' })
  expect(trial.installMB).toBeLessThan(250)
  expect(Object.entries(trial.imported).filter(([, names]) => names === 0)).toEqual([])
  expect(trial.fakeProvider).toMatch(/^Imitations\n(?: {2}\S+ .*\n){10}/)
  expect(trial.cliVersion).toBe(packed.at(-1)!.manifest.version)
  const expected = quickstart === 'full' ? { alpaca: 240, sedi: 240 } : { sedi: 16 }
  expect(Object.fromEntries(trial.runs.map(({ recipe, calls }) => [recipe, calls]))).toEqual(expected)
  for (const run of trial.runs) expect(run).toMatchObject({ state: 'done', kept: expect.toSatisfy((kept: number) => kept > 0) })
  expect(trial.server).toEqual({ health: 200, page: 'SeDi', script: 200, runs: trial.runs.length })
})

const generator = (id: string, options: string, credentials: string) =>
  `const { providers: { ${id}: definition } } = await import('@sedi/generators')
   const model = await definition.createTextGenerator('m', definition.options.parse(${options}), { credentials: ${credentials}, timeoutMs: 1000 })
   await model.generate({ messages: [{ role: 'user', content: 'a' }] })`
const trainer = (id: string) =>
  `const { trainers: { ${id}: definition } } = await import('@sedi/trainers')
   const trainer = await definition.createTrainer(definition.options.parse({ baseModel: 'm' }), { folder: '.', credentials: { apiKey: 'k' } })
   await trainer.get({ trainer: '${id}', id: 'a', data: {} })`

/** What is done without the optional peer, and what its message has to tell people to install. */
const withoutPeer = [
  ['openai', generator('openai', '{ baseUrl: "http://127.0.0.1:9/v1" }', `{ apiKey: 'k' }`)],
  ['@huggingface/inference', generator('huggingface', '{}', `{ token: 'hf_k' }`)],
  ['together-ai', trainer('together')],
  ['openai', trainer('openai')],
  ['vega', `const { drawPlot } = await import('@sedi/evaluation'); await drawPlot({})`],
  ['pg', `const { openStoreAt } = await import('@sedi/store'); await openStoreAt('postgres://a@127.0.0.1:9/a', {}).list()`],
  ['usearch', `const { loadUsearchNeighbours } = await import('@sedi/kit'); await loadUsearchNeighbours()`],
] as const

it.each(withoutPeer)('without %s: an error that says what to install', (peer, code) => {
  const program = `try { ${code}; console.log('{}') } catch (error) { console.log(JSON.stringify({ code: error.code, message: error.message })) }`
  const said = execFileSync(process.execPath, ['--no-warnings', '--input-type=module', '--eval', program], {
    cwd: join(scratch, 'libraries'),
    encoding: 'utf8',
  })
  expect(JSON.parse(said)).toEqual({ code: 'missing-dependency', message: expect.stringMatching(new RegExp(`npm install .*${peer}`)) })
})

it('npm would take every tarball', { timeout: 600_000 }, () => {
  const folder = join(scratch, 'release')
  const release = (...args: string[]): string => execFileSync(process.execPath, ['tooling/release.ts', ...args], { cwd: root, encoding: 'utf8' })
  release('pack', folder, '--repository', 'https://github.com/someone/sedi')
  const said = release('publish', folder, '--dry-run')
  expect(said.match(/^\+ @sedi\/\S+$/gm)?.length).toBe(packed.length)
})

// `sedi trainer setup python` installs from the lock file and runs the program; both lie beside the compiled code.
it('brings the Python trainer', () => {
  const python = join(scratch, 'libraries/node_modules/@sedi/trainers/python')
  const needed = ['requirements.lock', 'ray.lock', 'src/sedi_trainer/__main__.py', 'src/sedi_trainer/run.py']
  expect(needed.filter((file) => !existsSync(join(python, file)))).toEqual([])
})
