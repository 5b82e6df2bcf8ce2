import { statSync } from 'node:fs'
import { resolve } from 'node:path'
import { type SalvageReport, salvageRun } from '@sedi/kit'
import type { LedgerCheck } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { type DoctorConfigOptions, doctorConfig } from '../doctor-config.ts'
import { exitDone, exitFailed } from '../exit-codes.ts'
import { formatCount } from '../format.ts'
import { collect, positiveNumber } from '../option-values.ts'
import { runPath, storeOf, storeOption } from '../store-of.ts'

type Options = DoctorConfigOptions & { readonly salvage?: string; readonly rebuild?: boolean; readonly store?: string }

export default {
  name: 'doctor',
  group: 'start',
  summary: 'Check a configuration before a run, or a ledger after it',
  examples: [
    { command: 'sedi doctor', does: 'sedi.config.yaml: inputs, key, model, price, budget; buys nothing' },
    { command: 'sedi doctor --probe', does: 'also buys one short answer and looks at it' },
    { command: 'sedi doctor <run>', does: 'every fact of a run against its checksum' },
    { command: 'sedi doctor <run> --salvage saved', does: 'what can still be read of a damaged one' },
  ],
  describe: (command: Command) =>
    command
      .description(
        'Before a run, check its configuration: inputs, key, model and the day it is retired, context, price, budget. After it, check the run’s ledger: structure, end, every fact against its checksum, counters against the facts. Exit code 1 when it is damaged.',
      )
      .argument('[run|config]', 'id or folder of a run, or a configuration file (default: sedi.config.yaml)')
      .option('--probe', 'configuration: buy one short completion and look at what comes')
      .option('--set <path=value>', 'configuration: set a key, as in “sedi run”', collect)
      .option('--max-cost <usd>', 'configuration: the budget', positiveNumber)
      .option('--salvage <dir>', 'run: export everything that can still be read into a new folder: ledger.jsonl and instructions.jsonl')
      .option('--rebuild', 'run: make counters, digest, scores and indexes again from the facts')
      .addOption(storeOption())
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, [runOrConfig], options: Options) {
    if (runOrConfig === undefined || isConfigName(runOrConfig) || isFile(resolve(cli.cwd, runOrConfig))) return doctorConfig(cli, runOrConfig, options)
    const store = storeOf(cli, options.store)
    const run = runPath(cli, runOrConfig)
    if (options.rebuild) {
      await store.rebuild(run)
      say(cli, 'Counters, digest, scores and indexes were made again from the facts.')
    }
    const check = await store.check(run)
    const salvage = options.salvage === undefined ? undefined : await salvageRun(store, run, resolve(cli.cwd, options.salvage))
    if (options.json) printJson(cli, { ...check, sound: check.damage.length === 0, ...(salvage === undefined ? {} : { salvage }) })
    else print(cli, [...renderCheck(check), ...(salvage === undefined ? [] : renderSalvage(salvage))].join('\n'))
    return check.damage.length === 0 ? exitDone : exitFailed
  },
} satisfies CliCommand

const isConfigName = (path: string): boolean => /\.(ya?ml|json)$/.test(path)
const isFile = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isFile() === true

function renderCheck({ folder, facts, damage }: LedgerCheck): string[] {
  if (damage.length === 0) return [`${folder}: sound. ${formatCount(facts)} facts, each as it was written; counters, digest and scores agree with them.`]
  const onlyDerived = damage.every(({ kind }) => kind === 'projection')
  return [
    `${folder}: damaged.`,
    ...damage.map(({ kind, detail }) => `  ${kind.padEnd(10)} ${detail}`),
    onlyDerived
      ? 'No fact is affected: “sedi doctor <run> --rebuild” makes what is derived from them again.'
      : 'Do not write to it. “sedi doctor <run> --salvage DIR” exports everything that can still be read.',
  ]
}

function renderSalvage({ facts, found, recorded, missing, ledgerFile, instructionsFile }: SalvageReport): string[] {
  const kinds = Object.entries(facts).map(([kind, count]) => `${formatCount(count)} ${kind}`)
  return [
    `Salvaged ${formatCount(found)} of ${formatCount(recorded)} facts: ${kinds.join(', ')}.`,
    ...(missing.length === 0 ? [] : [`  lost       facts ${missing.map(([from, to]) => (from === to ? from : `${from}–${to}`)).join(', ')}`]),
    `  everything ${ledgerFile}`,
    `  kept       ${instructionsFile}`,
    `To go on from here: sedi ledger import ${ledgerFile}${missing.length === 0 ? '' : ' --recover'} --name <new run>`,
  ]
}
