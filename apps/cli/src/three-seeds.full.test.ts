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
}, 300_000)

/** Under `explain <run> ID` in a shell block stands, in a text block, what it prints. `vitest -u` writes it anew. */
it('every story on the page is what the command prints', async () => {
  const text = readFileSync(page, 'utf8')
  const stories = [...text.matchAll(/^npm run --silent sedi -- explain <run> (\S+)\n```\n\n```text\n[\s\S]*?^```$/gm)]
  expect(stories).toHaveLength(3)
  let expected = text
  for (const [block, id] of stories) {
    const { code, stdout } = await sedi(['explain', run, id!, '--out', store], { cwd: root })
    expect(code).toBe(0)
    expected = expected.replace(block, () => `${block.slice(0, block.indexOf('```text\n'))}\`\`\`text\n${stdout}\`\`\``)
  }
  await expect(expected).toMatchFileSnapshot(page)
})

it('they end in the three ways that the page promises', async () => {
  const endOf = async (id: string) => {
    const { story } = JSON.parse((await sedi(['explain', run, id, '--out', store, '--json'], { cwd: root })).stdout)
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
