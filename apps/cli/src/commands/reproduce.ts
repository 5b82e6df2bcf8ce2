import { execFileSync } from 'node:child_process'
import { availableParallelism, cpus } from 'node:os'
import { join, resolve } from 'node:path'
import { analyseStudy, cellsOf, measureStudents, planHash, quotable, runStudy, type Study, studies, studyHash, writeStudyReport } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone } from '../exit-codes.ts'
import { formatDuration } from '../format.ts'
import { wholeNumber } from '../option-values.ts'

type Options = {
  readonly quick?: boolean
  readonly study: string
  readonly out?: string
  readonly parallel?: number
  readonly plan?: boolean
  readonly json?: boolean
}

export default {
  name: 'reproduce',
  group: 'train',
  summary: 'Reproduce the method’s claims in simulated worlds',
  examples: [
    { command: 'sedi reproduce --quick', does: 'three arms, three replicates: minutes' },
    { command: 'sedi reproduce --study full --plan', does: 'what would be run; runs nothing' },
  ],
  describe: (command: Command) =>
    command
      .description(
        'Reproduce the method’s claims in simulated worlds: arms side by side, paired replicates, contrasts listed beforehand, and a report whose figures can be rebuilt from the ledgers. Stopped or killed, the same command goes on.',
      )
      .option('--quick', 'the study “quick”: three arms, three replicates, a few minutes')
      .option('--study <id>', `which study: ${studies.map(({ id }) => id).join(', ')}`, 'full')
      .option('--out <dir>', 'where to put runs and report (default: sedi-reproduction-<study>)')
      .option('--parallel <n>', 'runs at a time, each training in a thread of its own (default: processors)', wholeNumber)
      .option('--plan', 'show what would be run, and run nothing')
      .option('--json', 'one JSON document on stdout'),

  async run(cli: Cli, _args, options: Options) {
    const study = studyOf(options)
    const folder = resolve(cli.cwd, options.out ?? `sedi-reproduction-${study.id}`)
    if (options.plan) {
      if (options.json) printJson(cli, { hash: studyHash(study), plan: planHash(study), study, runs: cellsOf(study).length })
      else print(cli, describePlan(study))
      return exitDone
    }
    const startedAt = Date.now()
    say(cli, `Study ${study.id} (${studyHash(study).slice(0, 16)}), ${cellsOf(study).length} runs in ${folder}.`)
    let trained = 0
    const finished = await runStudy(study, {
      folder,
      concurrency: options.parallel ?? availableParallelism(),
      commit: commit(),
      stop: cli.stop,
      onCell({ done, planned, figures: { cell, accuracy, kept }, kept: known }) {
        if (known) return
        trained++
        const left = ((Date.now() - startedAt) / trained) * (planned - done)
        say(cli, `${done} of ${planned} · ${cell}: ${(100 * accuracy).toFixed(1)} %, ${kept} kept · about ${formatDuration(left)} left`)
      },
    })
    const figures = finished.map((one) => one.figures)
    const result = analyseStudy(study, figures)
    const context = { machine: machine(), origins: finished.map(({ origin }) => origin), students: await measureStudents(study) }
    await writeStudyReport(folder, study, figures, result, context)
    if (options.json) printJson(cli, { folder, hash: studyHash(study), ...result })
    else print(cli, `${result.contrasts.map((one) => quotable(one, study)).join('\n')}\n\nReport: ${join(folder, 'report.html')}, ${join(folder, 'report.md')}`)
    say(cli, `Done in ${formatDuration(Date.now() - startedAt)}.`)
    return exitDone
  },
} satisfies CliCommand

function studyOf({ quick, study: id }: Options): Study {
  const wanted = quick === true ? 'quick' : id
  const study = studies.find((one) => one.id === wanted)
  if (study === undefined) throw new SediError('not-found', `There is no study “${wanted}”; there are ${studies.map((one) => one.id).join(', ')}.`)
  return study
}

function describePlan(study: Study): string {
  const { size, arms, worlds, contrasts } = study
  return [
    `Study ${study.id} · ${studyHash(study)} · ${cellsOf(study).length} runs`,
    `  plan          ${planHash(study)} (all but what the arms are)`,
    `  each          ${size.calls} calls (or ${size.kept} kept), ${size.steps} steps (or ${size.epochs} epochs) of ${size.batchSize} in ${size.rounds} rounds`,
    ...worlds.map(({ id, title }) => `  world         ${id}: ${title}`),
    ...arms.map(({ id, title }) => `  arm           ${id}: ${title}`),
    ...contrasts.map(
      ({ id, regime, a, b, measure, margin }) =>
        `  contrast      ${id}: ${a} − ${b}, ${measure}, ${regime}${margin === undefined ? '' : `, no worse than ${margin} point`}`,
    ),
    `  replicates    ${size.replicates} in each world`,
  ].join('\n')
}

const machine = (): string => `${cpus().length} × ${cpus()[0]?.model ?? 'unknown processor'}, Node ${process.versions.node}`

function commit(): string {
  try {
    return execFileSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: import.meta.dirname, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  } catch {
    return 'unknown'
  }
}
