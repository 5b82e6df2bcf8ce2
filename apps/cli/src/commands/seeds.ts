import { listSeeds, type SeedList } from '@sedi/kit/runs'
import { oneLine } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatCount, formatTable } from '../format.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'
import { columnsOf } from '../wrap-lines.ts'

type Options = { readonly all?: boolean; readonly store?: string; readonly json?: boolean }

export default {
  name: 'seeds',
  group: 'look',
  summary: 'The seeds of a run: where from, how often used, when evicted',
  examples: [
    { command: 'sedi seeds <run>', does: 'those that are active; those from which most was kept come first' },
    { command: 'sedi seeds <run> --all --json', does: 'also those that were evicted, with parents and reasons' },
  ],
  describe: (command: Command) =>
    command
      .description('The seeds of a run: where each came from, how often a prompt showed it, what was written and kept of that, and when it left.')
      .argument('<run>', 'id or folder of the run')
      .option('--all', 'also the evicted ones')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout: every seed there ever was'),

  async run(cli: Cli, [runIdOrPath], options: Options) {
    const ledger = await storeOf(cli, options.store).read(runPath(cli, runIdOrPath!))
    try {
      const list = await listSeeds(ledger)
      if (options.json) printJson(cli, { run: ledger.runId, ...list })
      else print(cli, renderSeeds(list, { all: options.all === true, columns: columnsOf(cli.stdout) }))
      return exitDone
    } finally {
      await ledger.close()
    }
  },
} satisfies CliCommand

function renderSeeds(
  { seeds, active, human, machine }: SeedList,
  { all, columns = 160 }: { readonly all: boolean; readonly columns: number | undefined },
): string {
  const gone = seeds.length - active
  const shown = seeds.filter(({ state }) => all || state === 'active').toSorted((a, b) => b.kept - a.kept)
  const table = formatTable([
    ['seed', 'origin', 'joined', 'prompts', 'kept', 'heirs', ...(all ? ['left'] : [])],
    ...shown.map((seed) => [
      seed.seedId,
      seed.origin,
      seed.addedRound === 0 ? 'at first' : `round ${seed.addedRound}`,
      formatCount(seed.prompts),
      `${formatCount(seed.kept)}/${formatCount(seed.children)}`,
      formatCount(seed.heirs),
      ...(all ? [seed.evictedRound === null ? '' : `round ${seed.evictedRound}`] : []),
    ]),
  ]).split('\n')
  const width = Math.max(...table.map((line) => line.length))
  const room = columns - width - 3
  const rows = room < 12 ? table : table.map((line, i) => `${line.padEnd(width)}  ${i === 0 ? 'text' : oneLine(shown[i - 1]!.instruction, room)}`)
  return [
    `${formatCount(active)} seeds are active: ${formatCount(human)} human, ${formatCount(machine)} promoted. ${formatCount(gone)} ${gone === 1 ? 'has' : 'have'} left${gone > 0 && !all ? ' (--all lists them)' : ''}.`,
    'prompts: how many showed it; kept: of what was written from them; heirs: children that became seeds. sedi explain <run> <seed> tells one’s story.',
    '',
    ...rows.map((row) => row.trimEnd()),
  ].join('\n')
}
