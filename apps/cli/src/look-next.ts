import { relative, resolve } from 'node:path'
import { type HeldRun, hasScheme, listSeeds } from '@sedi/kit'
import type { Ledger } from '@sedi/spec'
import type { Cli } from './command.ts'
import { columnsOf } from './wrap-lines.ts'

/** An instruction worth a look, and why. */
export type WorthALook = { readonly id: string; readonly why: string }

/** The promoted seed from which most was kept, if there is one; else something that was rejected for its likeness, or something that was kept. */
export async function worthALook(ledger: Ledger): Promise<WorthALook | undefined> {
  const promoted = (await listSeeds(ledger)).seeds.filter(({ origin }) => origin === 'machine').sort((a, b) => b.kept - a.kept)[0]
  if (promoted !== undefined) return { id: promoted.seedId, why: `why this became a seed in round ${promoted.addedRound}` }
  for (const [where, why] of [
    [{ reason: 'similar' }, 'why this was rejected'],
    [{ verdict: 'kept' }, 'where this came from'],
  ] as const) {
    for await (const { id } of ledger.scan('candidate', where)) return { id, why }
  }
  return undefined
}

/** Commands for this very run, to be copied, with what each is for. */
export function nextCommands(cli: Cli, run: Pick<HeldRun, 'runId' | 'folder' | 'config'>, look: WorthALook | undefined): string[] {
  const { runId } = run
  const store = storeArgument(cli, run)
  const commands: (readonly [command: string, what: string])[] = [
    [`sedi report ${runId} --html report.html${store}`, 'the whole story on one page'],
    ...(look === undefined ? [] : [[`sedi explain ${runId} ${look.id}${store}`, look.why] as const]),
    [`sedi export ${runId} --out data.jsonl${store}`, 'the instructions, for training'],
    [`sedi serve${store}`, 'all of it in the browser'],
  ]
  const width = Math.max(...commands.map(([command]) => command.length))
  const columns = columnsOf(cli.stderr) ?? Infinity
  const longest = Math.max(...commands.map(([, what]) => what.length))
  if (width + longest + 5 <= columns) return commands.map(([command, what]) => `  ${command.padEnd(width)}   ${what}`)
  return commands.flatMap(([command, what]) => [`  ${command}`, `      ${what}`])
}

/** Runs under ./runs are found by their name alone. The address of a database may have a password in it. */
function storeArgument(cli: Cli, { folder, config }: Pick<HeldRun, 'folder' | 'config'>): string {
  if (hasScheme(config.store)) return ' --store postgres://…'
  const store = resolve(folder, '..')
  if (store === resolve(cli.cwd, 'runs')) return ''
  const near = relative(cli.cwd, store)
  return ` --store ${near.startsWith('..') ? store : near}`
}
