import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkDocs } from './main.ts'

const root = join(import.meta.dirname, '../..')
const pages = globSync('docs/*.md', { cwd: root }).filter((page) => readFileSync(join(root, page), 'utf8').includes('check=full'))

it('blocks that take longer do what their pages say', { timeout: 900_000 }, async () => {
  expect(pages).toContain('docs/three-seeds.md')
  const { problems } = await checkDocs(root, { full: true, only: pages })
  expect(problems).toEqual([])
})
