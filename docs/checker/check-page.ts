import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Block, Problem } from './blocks.ts'
import { checkSettings } from './check-settings.ts'
import { openShell, type Shell, saveFile } from './check-shell.ts'
import { runTypeScript } from './check-typescript.ts'
import { isPrinted, type Ran, run } from './run.ts'
import { copyRepository } from './scratch-copy.ts'
import type { StandIn } from './stand-in.ts'

/** A page’s Python is only parsed, and only where there is one. */
export const hasPython: boolean = spawnSync('python3', ['--version']).status === 0

export type Outcome = 'run' | 'checked' | 'left out' | 'later' | 'plain text'
export type PageResult = { readonly problems: readonly Problem[]; readonly outcomes: ReadonlyMap<Block, Outcome> }

/** The name of a source file of ours that a ts block is, on pages that show how to add one. */
export const sourceOf = ({ language, code }: Block): string | undefined =>
  language === 'ts' ? /^\/\/ ((?:packages|apps)\/[\w./-]+\.ts)\n/.exec(code)?.[1] : undefined

/** A source without the line that names it: who followed a page to the letter has the same file. */
const unnamed = (code: string): string => code.replace(/^\/\/ \S+\n/, '').trim()

/** Checks a page's blocks in order. The first one that fails ends the page: those behind it would only fail for the same reason. */
export async function checkPage(
  blocks: readonly Block[],
  { root, standIn, full }: { readonly root: string; readonly standIn: StandIn; readonly full: boolean },
): Promise<PageResult> {
  const outcomes = new Map<Block, Outcome>()
  const problems: Problem[] = []
  const name = blocks[0]?.file.replace(/[^\w]+/g, '-') ?? ''
  const addsSource = blocks.some((block) => sourceOf(block) !== undefined)
  const cwd = addsSource ? join(standIn.folder, 'copies', name) : standIn.makePageFolder(name)
  if (addsSource) {
    copyRepository(root, cwd)
    standIn.putGivenFiles(cwd)
  }
  const shell = await openShell(cwd, standIn.env, blocks, standIn.providerPort, join(standIn.folder, `state-${name}`))
  const printed = new Map<Block, Ran>()
  try {
    for (const block of blocks) {
      const checked = await checkBlock(block, { root, standIn, full, cwd, shell, printed })
      if (typeof checked !== 'string') {
        problems.push(checked)
        break
      }
      outcomes.set(block, checked)
      if (block === blocks.findLast((one) => sourceOf(one) !== undefined)) problems.push(...(await checkAddedTypes(blocks, root, cwd, standIn)))
    }
  } finally {
    shell.close()
  }
  return { problems, outcomes }
}

/** Types of the files that a page adds, in their package. */
async function checkAddedTypes(blocks: readonly Block[], root: string, cwd: string, { env }: StandIn): Promise<Problem[]> {
  const added = new Map(blocks.flatMap((block) => (sourceOf(block) === undefined ? [] : [[sourceOf(block)!, block]])))
  const packages = new Set([...added.keys()].map((file) => file.split('/').slice(0, 2).join('/')))
  const runs = await Promise.all(
    [...packages].map((folder) => run('node', [join(root, 'node_modules/typescript/bin/tsc'), '-p', folder, '--pretty', 'false'], cwd, env, 120_000)),
  )
  return runs.flatMap(({ all }) =>
    [...all.matchAll(/^(.+\.ts)\((\d+),\d+\): (error .+)/gm)].flatMap(([, file, line, message]) => {
      const block = added.get(file!.replaceAll('\\', '/'))
      return block === undefined ? [] : [{ file: block.file, line: block.line + Number(line) - 1, message: message! }]
    }),
  )
}

type Place = {
  readonly root: string
  readonly standIn: StandIn
  readonly full: boolean
  readonly cwd: string
  readonly shell: Shell
  readonly printed: Map<Block, Ran>
}

async function checkBlock(block: Block, { root, standIn, full, cwd, shell, printed }: Place): Promise<Outcome | Problem> {
  const { file, line, language, marks, code } = block
  const problem = (message: string): Problem => ({ file, line, message })
  if (marks.check === 'no') return 'left out'
  if (marks.check === 'full' && !full) return 'later'
  if (language === 'text') return compare(block, printed)
  if (language === 'yaml' || language === 'json') {
    const wrong = checkSettings(block)
    if (wrong !== undefined) return wrong
    const name = marks.file ?? /^# (sedi\.config\.yaml)\n/.exec(code)?.[1]
    if (name !== undefined) saveFile(name, block, cwd, standIn.providerPort)
    return 'checked'
  }
  if (language === 'python') {
    const script = 'import ast, sys; ast.parse(sys.argv[1])'
    if (!hasPython) return 'left out'
    const { code: exit, all } = await run('python3', ['-c', script, code], cwd, standIn.env, 120_000)
    return exit === 0 ? 'checked' : problem(all)
  }
  const source = sourceOf(block)
  if (source !== undefined) {
    mkdirSync(dirname(join(cwd, source)), { recursive: true })
    if (existsSync(join(root, source)) && unnamed(readFileSync(join(root, source), 'utf8')) !== unnamed(code))
      return problem(`${source} is there already: a page adds files, it changes none`)
    writeFileSync(join(cwd, source), code)
    return 'checked'
  }
  if (marks.check === 'types') return 'checked'
  if (marks.file !== undefined) {
    saveFile(marks.file, block, cwd, standIn.providerPort)
    return 'checked'
  }
  const ran = language === 'ts' ? await runTypeScript(standIn.blocksFolder, block, cwd, standIn.env) : await shell.run(block)
  printed.set(block, ran)
  const expected = Number(marks.exit ?? 0)
  return ran.code === expected ? 'run' : problem(`exit code ${ran.code}, expected ${expected}\n${ran.all.trim().slice(-3000)}`)
}

function compare({ file, line, code, isOutputOf }: Block, printed: ReadonlyMap<Block, Ran>): Outcome | Problem {
  if (isOutputOf === undefined) return 'plain text'
  const ran = printed.get(isOutputOf)
  if (ran === undefined) return isOutputOf.marks.check === 'full' ? 'later' : 'plain text'
  if (isPrinted(code, ran)) return 'checked'
  return { file, line, message: `the block above prints something else (… stands for anything):\n${ran.all.trim().slice(0, 3000)}` }
}
