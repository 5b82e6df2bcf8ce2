import { createRun, notesOf, planRun } from '@sedi/kit'
import type { Command } from 'commander'
import { carryOut, showCarriedOut } from '../carry-out.ts'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { collect, positiveNumber, wholeNumber } from '../option-values.ts'
import { readConfig } from '../read-config.ts'
import { renderPlan } from '../render-plan.ts'
import { describeLogOptions, type LogOptions } from '../run-log.ts'
import { columnsOf, wrapLines } from '../wrap-lines.ts'

type Options = LogOptions & {
  readonly out?: string
  readonly set?: string[]
  readonly maxCost?: number
  readonly maxTokens?: number
  readonly dryRun?: boolean
  readonly json?: boolean
}

export default {
  name: 'run',
  group: 'start',
  summary: 'Start a run: buy, filter, batch, train, reseed',
  examples: [
    { command: 'sedi run --dry-run', does: 'the plan and what it may cost; sends nothing' },
    { command: 'sedi run --max-cost 2', does: 'pauses before two dollars' },
    { command: 'sedi run my.yaml --set filter.threshold=0.8 --set target.kept=500', does: 'another configuration, two keys changed' },
  ],
  describe: (command: Command) =>
    describeLogOptions(command)
      .description('Start a run: buy instructions, filter, batch, train, refine the seeds.')
      .argument('[config]', 'configuration file', undefined)
      .option('--out <dir>', 'where to keep the run, instead of the configuration’s store')
      .option('--set <path=value>', 'set a configuration key, e.g. --set filter.threshold=0.8 (repeatable)', collect)
      .option('--max-cost <usd>', 'pause before the run costs more', positiveNumber)
      .option('--max-tokens <n>', 'pause before the run uses more tokens, input and output; for models whose price is unknown', wholeNumber)
      .option('--dry-run', 'print the plan and the estimate; send nothing, create nothing')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [file], options: Options) {
    const { config } = await readConfig({ cwd: cli.cwd, file, set: options.set, maxCostUsd: options.maxCost, maxTokens: options.maxTokens, store: options.out })
    if (options.dryRun) {
      const plan = await planRun(config)
      if (options.json) printJson(cli, { dryRun: true, ...plan })
      else print(cli, wrapLines(renderPlan(config, plan, 'nothing was sent'), columnsOf(cli.stdout)))
      return exitDone
    }
    const talks = options.logFormat !== 'json'
    if (talks && cli.isTerminal) say(cli, `${wrapLines(renderPlan(config, await planRun(config)), columnsOf(cli.stderr))}\n`)
    const run = await createRun(config)
    if (talks) {
      say(cli, `Run ${run.runId} in ${run.folder}`)
      if (!cli.isTerminal) for (const note of notesOf(config)) say(cli, `Note: ${note}`)
      else say(cli, 'Ctrl-C pauses it; everything bought is kept.\n')
    }
    const carried = await carryOut(cli, run, options)
    showCarriedOut(cli, run, carried, options)
    return carried.exitCode
  },
} satisfies CliCommand
