import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'

const root = join(import.meta.dirname, '../../..')
const page = join(root, 'docs/three-seeds.md')
const store = mkdtempSync(join(tmpdir(), 'sedi-three-seeds-'))
afterAll(() => rmSync(store, { recursive: true, force: true, maxRetries: 3 }))

let run: string
beforeAll(async () => {
  const { code, stdout } = await sedi(['run', 'examples/three-seeds/sedi.config.yaml', '--out', store, '--json'], { cwd: root })
  expect(code).toBe(0)
  run = JSON.parse(stdout).run
}, 600_000)

// What the page says these commands print is compared by tooling/check-docs.ts.
it('the seeds of docs/three-seeds.md end in the three ways that the page promises', async () => {
  const endOf = async (id: string) => {
    const { story } = JSON.parse((await sedi(['explain', run, id, '--store', store, '--json'], { cwd: root })).stdout)
    return { origin: story.origin, state: story.end.state, heirs: story.heirs.length, entries: story.entries.length }
  }
  const ids = [...readFileSync(page, 'utf8').matchAll(/-- explain <run> (\S+)$/gm)].map(([, id]) => id!)
  expect(await Promise.all(ids.map(endOf))).toEqual([
    { origin: 'machine', state: 'seed', heirs: expect.any(Number), entries: 1 },
    { origin: 'machine', state: 'evicted', heirs: 0, entries: 1 },
    { origin: 'human', state: 'seed', heirs: expect.any(Number), entries: 1 },
  ])
  expect((await endOf(ids[0]!)).heirs).toBeGreaterThan(0)
})
