import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Block, Problem } from './blocks.ts'
import { type Ran, run } from './run.ts'

/** The name of a block's file; its folder lies in `docs/.blocks`, from where it finds every package of ours. */
const fileOf = (block: Block): string => `${block.file.replace(/[^\w]+/g, '-')}-${block.line}.ts`

/** Writes all ts blocks as files of one program and type-checks it against the sources. Returns what is wrong, at the lines of the pages. */
export async function checkTypes(root: string, folder: string, blocks: readonly Block[], env: NodeJS.ProcessEnv): Promise<Problem[]> {
  mkdirSync(folder, { recursive: true })
  if (blocks.length === 0) return []
  for (const block of blocks) writeFileSync(join(folder, fileOf(block)), `${block.code}export {}\n`)
  // Examples may be looser than our own sources where that would only be noise to a reader.
  const compilerOptions = { types: ['node'], noUnusedLocals: false, noUncheckedIndexedAccess: false }
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ extends: '../../../tsconfig.base.json', compilerOptions, include: ['*.ts'] }))
  const { code, all } = await run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'], root, env, 300_000)
  if (code === 0) return []
  const byFile = new Map(blocks.map((block) => [fileOf(block), block]))
  const found = [...all.matchAll(/^(?:.*[\\/])?([^\\/\n(]+\.ts)\((\d+),\d+\): (error .+(?:\n {2}.+)*)/gm)].flatMap(([, name, line, message]) => {
    const block = byFile.get(name!)
    return block === undefined ? [] : [{ file: block.file, line: block.line + Number(line) - 1, message: message! }]
  })
  // What is wrong in our own sources is `npm run check`'s to say; here it would name no page.
  return found
}

/** Runs a ts block as a module, in the page's folder. */
export function runTypeScript(folder: string, block: Block, cwd: string, env: NodeJS.ProcessEnv): Promise<Ran> {
  return run('node', [join(folder, fileOf(block))], cwd, env, 120_000)
}
