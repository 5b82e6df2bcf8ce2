import { dirname, resolve } from 'node:path'
import {
  compareRuns,
  createRun,
  fingerprintOf,
  type HeldRun,
  layOutQuickstart,
  loadConfig,
  openRun,
  openStore,
  promotedSeeds,
  type RunComparison,
} from '@sedi/kit'
import type { Ledger, RunConfig, SeedEventFact } from '@sedi/spec'
import type { Command } from 'commander'
import { type CarriedOut, carryOut, sayOutcome } from '../carry-out.ts'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatDuration } from '../format.ts'
import { renderComparison } from '../render-comparison.ts'

type Options = { readonly out: string; readonly json?: boolean }

export type FinishedArm = CarriedOut & { readonly folder: string; readonly promoted: readonly SeedEventFact[] }

export default {
  name: 'quickstart',
  group: 'start',
  summary: 'The whole loop on a simulated teacher: no key, no cost',
  examples: [
    { command: 'sedi quickstart', does: 'the baseline and SeDi side by side, in some minutes' },
    { command: 'sedi quickstart --out try', does: 'in a folder of that name' },
  ],
  describe: (command: Command) =>
    command
      .description('See the whole loop: the baseline and SeDi side by side on a simulated teacher and a small model that is really trained.')
      .option('--out <dir>', 'where to put its files and runs', 'sedi-quickstart')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, _args, options: Options) {
    const startedAt = Date.now()
    const folder = resolve(cli.cwd, options.out)
    const arms = layOutQuickstart(folder)
    say(cli, `Quickstart in ${folder}: two arms, the same simulated teacher, the same student, the same number of calls and steps.`)
    const finished: FinishedArm[] = []
    for (const { configFile } of arms) {
      const { config } = loadConfig({ cwd: cli.cwd, file: configFile })
      const arm = await carryOutArm(cli, config)
      if (arm.outcome.state !== 'done') {
        sayOutcome(cli, arm)
        say(cli, 'sedi quickstart continues where it stopped when it is started again.')
        return arm.exitCode
      }
      finished.push(arm)
    }
    const { quote } = await compareArms(finished)
    if (options.json)
      printJson(cli, { folder, quote, arms: finished.map(({ report, folder: runFolder, promoted }) => ({ ...report, folder: runFolder, promoted })) })
    else print(cli, renderComparison(finished, folder, quote))
    say(cli, `Done in ${formatDuration(Date.now() - startedAt)}.`)
    return exitDone
  },
} satisfies CliCommand

/** Continues an interrupted arm of an earlier quickstart with the same configuration, else begins a new run. */
async function carryOutArm(cli: Cli, config: RunConfig): Promise<FinishedArm> {
  const run = (await unfinishedRun(config)) ?? (await createRun(config))
  say(cli, `Arm ${config.recipe}: run ${run.runId}`)
  const promoted: SeedEventFact[] = []
  const beforeClosing = async (): Promise<void> => {
    promoted.push(...(await promotedSeeds(run.ledger)))
  }
  const carried = await carryOut(cli, run, { label: config.recipe, beforeClosing })
  return { ...carried, folder: run.folder, promoted }
}

/** As `sedi compare` does. */
async function compareArms(arms: readonly FinishedArm[]): Promise<RunComparison> {
  const ledgers: Ledger[] = []
  try {
    for (const { folder } of arms) ledgers.push(await openStore({ store: dirname(folder) }).read(folder))
    return await compareRuns(ledgers, { diversity: false })
  } finally {
    for (const ledger of ledgers) await ledger.close()
  }
}

async function unfinishedRun(config: RunConfig): Promise<HeldRun | undefined> {
  const store = openStore(config)
  const fingerprint = fingerprintOf(config)
  for (const { runId, state } of await store.list()) {
    if (state !== 'interrupted' && state !== 'paused') continue
    const ledger = await store.read(runId)
    const [run] = await ledger.find('run')
    await ledger.close()
    if (run?.fingerprint === fingerprint) return openRun(runId, store)
  }
  return undefined
}
