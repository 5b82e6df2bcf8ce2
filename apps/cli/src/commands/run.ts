import { createRun, loadConfig, notesOf, planRun } from '@sedi/kit'
import type { Command } from 'commander'
import { carryOut, showCarriedOut } from '../carry-out.ts'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { collect, positiveNumber } from '../option-values.ts'
import { renderPlan } from '../render-plan.ts'

type Options = { readonly out?: string; readonly set?: string[]; readonly maxCost?: number; readonly dryRun?: boolean; readonly json?: boolean }

export default {
  name: 'run',
  describe: (command: Command) =>
    command
      .description('Start a run: buy instructions, filter, batch, train, refine the seeds.')
      .argument('[config]', 'configuration file', undefined)
      .option('--out <dir>', 'where to keep the run, instead of the configuration’s store')
      .option('--set <path=value>', 'set a configuration key, e.g. --set filter.threshold=0.8 (repeatable)', collect)
      .option('--max-cost <usd>', 'pause before the run costs more', positiveNumber)
      .option('--dry-run', 'print the plan and the estimate; send nothing, create nothing')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [file], options: Options) {
    const { config } = loadConfig({ cwd: cli.cwd, file, set: options.set, maxCostUsd: options.maxCost, store: options.out })
    if (options.dryRun) {
      const plan = await planRun(config)
      if (options.json) printJson(cli, { dryRun: true, ...plan })
      else print(cli, renderPlan(config, plan))
      return exitDone
    }
    const run = await createRun(config)
    say(cli, `Run ${run.runId} in ${run.folder}`)
    for (const note of notesOf(config)) say(cli, `Note: ${note}`)
    const carried = await carryOut(cli, run)
    showCarriedOut(cli, run, carried, options.json)
    return carried.exitCode
  },
} satisfies CliCommand
