import { type DomainSeed, domainsOf, initTrainers, proposeModel, type Teacher, teacherNames, teachersAmong, wellKnownTeacher } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import type { Cli } from './command.ts'
import { httpAddress, positiveNumber, wholeNumber } from './option-values.ts'
import type { ProjectAnswers } from './project-answers.ts'

type Known = {
  readonly teachers: readonly Teacher[]
  readonly builtIn: readonly DomainSeed[]
  /** For a teacher that was not found here. */
  readonly modelsOf: (teacher: string, baseUrl: string | undefined) => Promise<readonly string[] | undefined>
}

/** More than fit on a screen are searched instead of shown. */
const longList = 12

/** Asks what was not said with options, one question at a time, each with an answer to begin with. Throws `aborted` on Ctrl-C. */
export async function askProject(cli: Cli, given: ProjectAnswers, { teachers, builtIn, modelsOf }: Known): Promise<ProjectAnswers> {
  const prompts = await import('@clack/prompts')
  const common = { input: cli.stdin!, output: cli.stderr as NodeJS.WriteStream, signal: cli.stop }
  const answered = async <T>(asked: Promise<T>): Promise<Exclude<T, symbol>> => {
    const answer = await asked
    if (prompts.isCancel(answer)) throw new SediError('aborted', 'Stopped. Nothing was written.')
    return answer as Exclude<T, symbol>
  }
  const line = (message: string, defaultValue: string, check: (text: string) => unknown = () => {}): Promise<string> =>
    answered(
      prompts.text({
        ...common,
        message,
        placeholder: defaultValue,
        defaultValue,
        validate: (value) => complaint(check, value === undefined || value === '' ? defaultValue : value),
      }),
    )

  prompts.intro('A new project. Enter takes what is proposed; Ctrl-C leaves and writes nothing.', common)

  const subjects = domainsOf(builtIn).slice(0, 6)
  const purpose = given.purpose ?? (await line(`What is the data for? A sentence, or subjects: ${subjects.map(([domain]) => domain).join(', ')}, …`, 'general'))

  const chosen =
    given.teacher ??
    (await answered(
      prompts.select({
        ...common,
        message: 'Which model writes the data?',
        options: [
          ...teachers.filter(({ kind }) => kind !== 'simulated').map((teacher) => ({ value: teacher.id, label: shortTitle(teacher), hint: foundBy(teacher) })),
          { value: 'simulated', label: 'A simulated teacher', hint: 'to try everything: no key, no cost, no use for real training' },
          { value: '?', label: 'Another one', hint: 'its key can come later' },
        ],
      }),
    ))
  const teacher =
    chosen !== '?'
      ? chosen
      : await answered(
          prompts.select({
            ...common,
            message: 'Which one?',
            options: teacherNames
              .filter((id) => id !== 'simulated' && !teachers.some((found) => found.id === id))
              .map((id) => ({ value: id, label: shortTitle(wellKnownTeacher(id).teacher), hint: wellKnownTeacher(id).teacher.keyVariable ?? '' })),
          }),
        )
  const about = wellKnownTeacher(teacher)
  const baseUrl =
    given.baseUrl ?? (about.needsBaseUrl ? await line('Its address, up to and including /v1', 'http://127.0.0.1:8000/v1', httpAddress) : undefined)

  let model = given.model
  if (model === undefined && teacher !== 'simulated') {
    const found = teachers.find(({ id }) => id === teacher)
    const models = teachersAmong((found === undefined || given.baseUrl !== undefined ? await modelsOf(teacher, baseUrl) : found.models) ?? [])
    const proposed = proposeModel(models.length === 0 ? undefined : models, about.models)
    if (models.length === 0) model = await line('Its model, by the name the server gives it', proposed ?? '', checkName)
    else {
      const ask = { ...common, message: 'Which of its models?', options: models.map((value) => ({ value, label: value })), initialValue: proposed }
      model = await answered(
        models.length > longList ? prompts.autocomplete({ ...ask, maxItems: longList, placeholder: 'type to search' }) : prompts.select(ask),
      )
    }
  }

  const kept = given.kept ?? Number(await line('How many instructions?', '500', wholeNumber))
  const inDollars = teacher === 'simulated' || about.knowsPrice(model ?? '', baseUrl)
  const needsBudget = given.maxCostUsd === undefined && given.maxTokens === undefined
  const budget = !needsBudget
    ? {}
    : inDollars
      ? { maxCostUsd: Number(await line('How many dollars at most? The run pauses before it can cost more.', '2', positiveNumber)) }
      : {
          maxTokens: Number(await line('Its price is not known here. How many tokens at most? The run pauses before it can use more.', '2000000', wholeNumber)),
        }

  const trainer =
    given.trainer ??
    (await answered(
      prompts.select({
        ...common,
        message: 'Is a student trained while the data is made? What it learned then chooses the next seeds.',
        options: initTrainers.map((value) => ({ value, label: value, hint: trainerHints[value] })),
      }),
    ))
  const baseModel =
    trainer === 'python'
      ? (given.baseModel ?? (await line('The model to train: a folder, or a name on the Hugging Face hub', 'Qwen/Qwen2.5-0.5B', checkName)))
      : given.baseModel
  prompts.outro('That is all.', common)
  return { ...given, purpose, teacher, baseUrl, model, kept, ...budget, trainer, baseModel }
}

const trainerHints = {
  none: 'data only',
  embedded: 'a small model inside Node, to see the loop work',
  python: 'a real model, with transformers and peft',
} as const

const shortTitle = ({ title }: Teacher): string => title.split(';')[0]!

const foundBy = ({ kind, keyVariable, models }: Teacher): string =>
  `${kind === 'local' ? 'runs on this machine' : `${keyVariable} is set`}${models === undefined ? '' : `, ${models.length} models`}`

function complaint(check: (text: string) => unknown, text: string): string | undefined {
  try {
    check(text)
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

function checkName(text: string): void {
  if (text.trim() === '') throw new RangeError('expected a name')
}
