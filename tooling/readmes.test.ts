import { spawnSync } from 'node:child_process'
import { globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

type Example = { readonly readme: string; readonly code: string; readonly output: string }

/** TypeScript in a README with what it prints right under it. */
function examplesOf(readme: string): Example[] {
  const text = readFileSync(join(root, readme), 'utf8')
  const blocks = [...text.matchAll(/^```(\w+)\n([\s\S]*?)^```\n/gm)]
  return blocks.flatMap(([block, language, code], i) => {
    const next = blocks[i + 1]
    const adjoins = language === 'ts' && next?.[1] === 'text' && next.index === blocks[i]!.index + block.length + 1
    return adjoins ? [{ readme, code: code!, output: next[2]! }] : []
  })
}

const examples = globSync('{packages,apps}/*/README.md', { cwd: root }).sort().flatMap(examplesOf)

it('has examples to run', () => {
  expect(examples.map(({ readme }) => readme)).toEqual(expect.arrayContaining(['packages/kit/README.md', 'apps/server/README.md']))
})

it.each(examples)('the example in $readme prints what is written under it', ({ readme, code, output }) => {
  const options = ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', '--input-type=module-typescript', '--eval', code]
  const { stdout, stderr } = spawnSync(process.execPath, options, { cwd: join(root, dirname(readme)), encoding: 'utf8' })
  expect({ stdout, stderr }).toEqual({ stdout: output, stderr: '' })
})
