import { relative, resolve } from 'node:path'
import {
  builtInSeeds,
  detectTeachers,
  type InitTrainer,
  initTrainers,
  keysFound,
  layOutProject,
  listModels,
  loadConfig,
  planRun,
  projectConfigFile,
  projectFilesIn,
  type Teacher,
  teacherNames,
  type WrittenFile,
  wellKnownTeacher,
} from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Command, Option } from 'commander'
import { askProject } from '../ask-project.ts'
import { type Cli, type CliCommand, print, printJson, say } from '../command.ts'
import { exitDone, exitFailed } from '../exit-codes.ts'
import { formatCount, formatUsd } from '../format.ts'
import { httpAddress, positiveNumber, wholeNumber } from '../option-values.ts'
import { type CompletedProject, completeProject, type ProjectAnswers } from '../project-answers.ts'
import { teacherOf } from '../render-plan.ts'

type Options = {
  readonly yes?: boolean
  readonly for?: string
  readonly provider?: string
  readonly model?: string
  readonly baseUrl?: string
  readonly seeds?: string
  readonly kept?: number
  readonly maxCost?: number
  readonly maxTokens?: number
  readonly trainer?: InitTrainer
  readonly baseModel?: string
  readonly ask: boolean
  readonly force?: boolean
  readonly json?: boolean
}

export default {
  name: 'init',
  group: 'start',
  summary: 'Set up a project: configuration, seeds, names of keys',
  examples: [
    { command: 'sedi init', does: 'asks five questions; what is found here is proposed' },
    { command: 'sedi init my-data --yes', does: 'asks nothing and takes what is proposed, in a new folder' },
    { command: 'sedi init --yes --for "code, data" --provider groq --kept 1000', does: 'some answers given beforehand' },
    { command: 'sedi init --yes --base-url http://127.0.0.1:8000/v1 --model my-model', does: 'a server of your own' },
  ],
  describe: (command: Command) =>
    command
      .description(
        'Set up a project: sedi.config.yaml with every key explained, seeds, .env.example. Finds keys in the environment (their names only) and servers on this machine (Ollama, vLLM, llama.cpp, LM Studio, SGLang), and asks what it cannot know. Buys nothing.',
      )
      .argument('[dir]', 'the project’s folder', '.')
      .option('-y, --yes', 'ask nothing; what is not said is proposed')
      .optionsGroup('Answers beforehand:')
      .option('--for <purpose>', 'what the data is for: a sentence, or subjects of the built-in seeds with commas between them; chooses the seeds')
      .addOption(new Option('--provider <name>', 'who teaches').choices(teacherNames))
      .option('--model <name>', 'which model, by the name the server gives it')
      .option('--base-url <address>', 'the server’s address, up to and including /v1', httpAddress)
      .option('--seeds <file>', 'use these seeds instead of writing some')
      .option('--kept <n>', 'how many instructions (default: 500)', wholeNumber)
      .option('--max-cost <usd>', 'the most a run may cost (default: 2, where the price is known)', positiveNumber)
      .option('--max-tokens <n>', 'the most tokens it may use (default: 2000000, where it is not)', wholeNumber)
      .addOption(new Option('--trainer <id>', 'who trains meanwhile (default: none)').choices(initTrainers))
      .option('--base-model <name>', 'for the trainer python: the model to begin with')
      .optionsGroup('Options:')
      .option('--no-ask', 'ask no server, here or elsewhere, what models it has')
      .option('--force', 'replace files that are there')
      .option('--json', 'what was written as one JSON document on stdout'),

  async run(cli: Cli, [dir], options: Options) {
    const folder = resolve(cli.cwd, dir!)
    const interactive = options.yes !== true
    if (interactive && cli.stdin === undefined)
      throw new SediError(
        'invalid-config',
        'Nobody can be asked: this is no terminal. Add --yes to take what is proposed, with options for what should be otherwise.',
      )
    // Before anything is asked, of people or of servers.
    if (options.force !== true) refuseTaken(folder)
    const teachers = options.provider === 'simulated' ? [] : await detectTeachers({ ask: options.ask })
    const given = answersOf(cli, folder, options)
    let answers = given
    if (interactive) {
      const modelsOf = (teacher: string, baseUrl: string | undefined) =>
        options.ask ? listModels(teacher, { baseUrl, timeoutMs: 10_000 }) : Promise.resolve(undefined)
      try {
        answers = await askProject(cli, given, { teachers, builtIn: await builtInSeeds(), modelsOf })
      } catch (error) {
        if (!SediError.is(error, 'aborted')) throw error
        say(cli, error.message)
        return exitFailed
      }
    }
    const project = await completeProject(answers, teachers, options.ask)
    const files = await layOutProject(folder, project, { force: options.force })
    const { config } = loadConfig({ cwd: folder, file: projectConfigFile })
    const plan = await planRun(config)
    const needsKey = keyMissing(project)
    if (options.json)
      printJson(cli, {
        folder,
        files,
        teacher: project.teacher,
        model: project.model ?? null,
        keyMissing: needsKey ?? null,
        notes: project.notes,
        found: teachers.map(shortly),
      })
    else
      print(
        cli,
        render(cli, folder, files, project, { teacher: teacherOf(config), seeds: plan.seeds, nanoUsdPerCall: plan.estimate.worstCaseNanoUsdPerCall, needsKey }),
      )
    return exitDone
  },
} satisfies CliCommand

function answersOf(
  cli: Cli,
  folder: string,
  { for: purpose, provider, model, baseUrl, seeds, kept, maxCost, maxTokens, trainer, baseModel }: Options,
): ProjectAnswers {
  const teacher = provider ?? (baseUrl === undefined ? undefined : 'compatible')
  const ownSeeds = seeds === undefined || seeds.startsWith('sedi:') ? seeds : withDot(relative(folder, resolve(cli.cwd, seeds)))
  return { purpose, teacher, model, baseUrl, seeds: ownSeeds, kept, maxCostUsd: maxCost, maxTokens, trainer, baseModel }
}

const withDot = (path: string): string => (/^(\.|[/\\]|\w:)/.test(path) ? path : `./${path}`).replaceAll('\\', '/')

function refuseTaken(folder: string): void {
  const taken = projectFilesIn(folder)
  if (taken.length > 0)
    throw new SediError(
      'invalid-config',
      `There is a ${taken.join(' and a ')} in ${folder} already. Nothing was written; --force replaces it, “sedi init <dir>” takes another folder.`,
    )
}

/** The variable whose key is needed and not there. */
function keyMissing({ teacher, baseUrl }: CompletedProject): string | undefined {
  const { needsKey, needsBaseUrl, teacher: known } = wellKnownTeacher(teacher)
  // At another address than its own stands a server of one's own, often without keys.
  return needsKey && (needsBaseUrl || baseUrl === undefined) && keysFound([known.keyVariable!]).length === 0 ? known.keyVariable : undefined
}

const shortly = ({ id, kind, keyVariable, baseUrl, models }: Teacher): object => ({ id, kind, keyVariable, baseUrl, models: models?.length })

const fewSeeds = 20

type Outlook = { readonly teacher: string; readonly seeds: number; readonly nanoUsdPerCall: number | null; readonly needsKey: string | undefined }

function render(
  cli: Cli,
  folder: string,
  files: readonly WrittenFile[],
  project: CompletedProject,
  { teacher, seeds, nanoUsdPerCall, needsKey }: Outlook,
): string {
  const width = Math.max(...files.map(({ name }) => name.length))
  const budget = project.maxCostUsd === undefined ? `${formatCount(project.maxTokens ?? 0)} tokens` : formatUsd(project.maxCostUsd, 2)
  const perCall = nanoUsdPerCall === null ? '' : `; a call costs at most ${formatUsd(nanoUsdPerCall / 1e9)}`
  const here = relative(cli.cwd, folder)
  const steps: (readonly [command: string, does: string])[] = [
    ...(here === '' ? [] : [[`cd ${here}`, ''] as const]),
    ...(needsKey === undefined ? [] : [['cp .env.example .env', `then put your key behind ${needsKey}=`] as const]),
    ...(project.trainer === 'python' ? [['sedi trainer setup python', 'once: PyTorch and what belongs to it, several gigabytes'] as const] : []),
    ['sedi doctor', 'key, model, context, price, budget; buys nothing'],
    ['sedi run --dry-run', 'the plan'],
    ['sedi run', `${formatCount(project.kept)} instructions; pauses before ${budget}`],
  ]
  const stepWidth = Math.max(...steps.map(([command]) => command.length))
  return [
    `A project in ${folder}:`,
    ...files.map(({ name, what }) => `  ${name.padEnd(width)}  ${what}`),
    '',
    `Teacher ${teacher}, ${formatCount(seeds)} seeds, trainer ${project.trainer}${perCall}.`,
    ...project.notes,
    ...(project.seeds === undefined && project.teacher !== 'simulated'
      ? ['The teacher imitates its seeds: read seeds.jsonl, and put tasks of your own there (or “sedi import”).']
      : []),
    ...(seeds < fewSeeds ? [`${seeds} seeds are few: what is written from them will be alike. ${fewSeeds} or more are better.`] : []),
    '',
    'Next:',
    ...steps.map(([command, does]) => `  ${command.padEnd(stepWidth)}  ${does}`.trimEnd()),
  ].join('\n')
}
