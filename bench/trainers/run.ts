import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { commit, machine } from '../similarity/environment.ts'
import { markdownTable, median } from '../similarity/report.ts'

const script = fileURLToPath(new URL('measure.py', import.meta.url))
const repository = fileURLToPath(new URL('../..', import.meta.url))

const usage = `npm run bench -- trainers [options]     (after: sedi trainer setup python)
  --size tiny        tiny | small | 8b; 8b: Llama 3.1 8B's shape, random weights, LoRA, on a CUDA device
  --runs 5           of each contender, in turns
  --steps 10         measured in each run
  --warm 2           steps before them
  --threads 1        of PyTorch, on a CPU
  --python PATH      an interpreter with the packages of packages/trainers/python (default: $SEDI_PYTHON_ENV/bin/python)
  --from FILE        make the report of what measure.py wrote on another machine
  --out FILE         write the report there as well`

type Result = {
  readonly run: number
  readonly who: string
  readonly secondsPerStep: number
  readonly processorSecondsPerStep: number
  readonly memoryBytes: number
  readonly loss: number
}

type Measured = {
  readonly date: string
  readonly device: string
  readonly cuda: boolean
  readonly versions: Readonly<Record<string, string>>
  readonly trlDefault: string
  readonly size: string
  readonly parameters: number
  readonly method: string
  readonly precision: string
  readonly rows: number
  readonly rowsPerPass: number
  readonly tokensPerStep: number
  readonly targetTokensPerStep: number
  readonly vocabulary: number
  readonly steps: number
  readonly warm: number
  readonly told: Readonly<Record<string, string>>
  readonly results: readonly Result[]
}

/** Step time of `trainer: python` with all signals beside plain TRL. Prints a report in Markdown. */
export async function runTrainers(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      size: { type: 'string', default: 'tiny' },
      runs: { type: 'string', default: '5' },
      steps: { type: 'string', default: '10' },
      warm: { type: 'string', default: '2' },
      threads: { type: 'string', default: '1' },
      python: { type: 'string', default: join(process.env.SEDI_PYTHON_ENV ?? '.venv', 'bin', 'python') },
      from: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const { size, runs, steps, warm, threads } = values
  const measured = values.from === undefined ? measure(values.python, { size, runs, steps, warm, threads }) : read(values.from)
  const here = values.from === undefined ? `${machine()}. ` : ''
  const report = render(measured, `Commit ${commit('packages/trainers', 'bench')}. ${here}Command: \`npm run bench -- trainers ${args.join(' ')}\``)
  console.log(report)
  if (values.out === undefined) return
  mkdirSync(dirname(values.out), { recursive: true })
  writeFileSync(values.out, `${report}\n`)
}

const read = (file: string): Measured => JSON.parse(readFileSync(file, 'utf8')) as Measured

function measure(python: string, options: Readonly<Record<string, string>>): Measured {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-bench-'))
  try {
    const out = join(folder, 'measured.json')
    const given = Object.entries(options).flatMap(([name, value]) => [`--${name}`, value])
    const done = spawnSync(python, [script, ...given, '--out', out], { cwd: repository, stdio: ['ignore', 'ignore', 'inherit'] })
    if (done.status !== 0)
      throw new Error(`${python} ${script} failed (${done.error?.message ?? `exit code ${done.status}`}). See: npm run bench -- trainers --help`)
    return read(out)
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function render(measured: Measured, circumstances: string): string {
  const { results, told, cuda, rows, rowsPerPass, steps, warm, trlDefault } = measured
  // On a shared processor the clock says more about the neighbours than about the step.
  const cost = (result: Result): number => (cuda ? result.secondsPerStep : result.processorSecondsPerStep)
  const of = (who: string): Result[] => results.filter((result) => result.who === who).sort((a, b) => a.run - b.run)
  const own = of('sedi')
  const spread = (values: readonly number[], show: (value: number) => string): string =>
    `${show(median(values))} (${show(Math.min(...values))}–${show(Math.max(...values))})`
  const seconds = (value: number): string => `${value.toPrecision(3)} s`
  const table = Object.keys(told).map((who) => {
    const ratios = own.map((result, run) => cost(result) / cost(of(who)[run]!))
    return [
      told[who]!,
      spread(of(who).map(cost), seconds),
      spread(
        of(who).map(({ secondsPerStep }) => secondsPerStep),
        seconds,
      ),
      who === 'sedi' ? '' : spread(ratios, (ratio) => ratio.toFixed(3)),
      `${(median(of(who).map(({ memoryBytes }) => memoryBytes)) / 2 ** 30).toFixed(2)} GiB`,
      median(of(who).map(({ loss }) => loss)).toFixed(4),
    ]
  })
  const versions = Object.entries(measured.versions).map(([name, version]) => `${name} ${version}`)
  return [
    `# What signals cost: ${measured.size} on ${measured.device}, ${measured.date}`,
    '',
    circumstances,
    `Versions: ${versions.join(', ')}.`,
    '',
    `A Llama-shaped model of ${(measured.parameters / 1e6).toLocaleString('en', { maximumFractionDigits: 1 })} million parameters with random weights, vocabulary ${measured.vocabulary.toLocaleString('en')}, ${measured.method === 'lora' ? 'LoRA of rank 16 on every linear layer' : 'every weight trained'}, ${measured.precision}. A step: ${rows} rows in passes of ${rowsPerPass}, ${measured.tokensPerStep.toLocaleString('en')} tokens of which ${measured.targetTokensPerStep.toLocaleString('en')} are targets, padded to the longest of a pass.`,
    `All contenders get the same passes in the same order, the same optimiser and precision, no gradient checkpointing; \`log\` every step for SeDi (its signals), every 10 for the others (TRL's default). ${own.length} runs of each in turns, ${steps} measured steps after ${warm}.${trlDefault === 'nll' ? ' In this version of TRL `nll` is the default, and is computed without the logits of all tokens; the last row is what computes all of them.' : ''}`,
    '',
    markdownTable(
      ['', cuda ? 'a step' : 'a step, processor time', 'by the clock', 'SeDi ÷ this', cuda ? 'peak memory' : 'resident memory, rise', 'mean loss'],
      table,
    ),
    '',
    `Medians; in brackets lowest and highest. A ratio is taken within each of the ${own.length} turns${own.length === 5 ? '; lowest to highest of five holds the true median 15 times in 16' : ''}.${cuda ? '' : ' Processor time, one thread: other programs were at work on the machine, so the clock is shown but not used.'}`,
  ].join('\n')
}
