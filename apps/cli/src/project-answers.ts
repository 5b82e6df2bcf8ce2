import { type InitTrainer, listModels, type ProjectChoices, proposeModel, type Teacher, wellKnownTeacher } from '@sedi/kit'
import { SediError } from '@sedi/spec'

/** What is known of a new project so far: said with options, or answered. */
export type ProjectAnswers = {
  readonly purpose?: string | undefined
  readonly teacher?: string | undefined
  readonly model?: string | undefined
  readonly baseUrl?: string | undefined
  readonly seeds?: string | undefined
  readonly kept?: number | undefined
  readonly maxCostUsd?: number | undefined
  readonly maxTokens?: number | undefined
  readonly trainer?: InitTrainer | undefined
  readonly baseModel?: string | undefined
}

export type CompletedProject = Omit<ProjectChoices, 'seeds'> & {
  readonly seeds?: string | undefined
  /** What was chosen for its user, and why. */
  readonly notes: readonly string[]
}

const longestWaitMs = 10_000
const defaultKept = 500
const defaultMaxCostUsd = 2
const defaultMaxTokens = 2_000_000
/** In the simulated world there are not many more different things to ask. */
const simulatedKept = 300

/**
 * Fills in what nobody said: the first teacher that was found, a model that it lists, and modest amounts. Throws `invalid-config` when a model must
 * be named, `unsupported` for a budget in dollars at an unknown price.
 *
 * @param ask whether a server may be asked for its models
 */
export async function completeProject(answers: ProjectAnswers, teachers: readonly Teacher[], ask: boolean): Promise<CompletedProject> {
  const notes: string[] = []
  const teacher = answers.teacher ?? (answers.baseUrl !== undefined ? 'compatible' : (teachers[0]?.id ?? 'simulated'))
  const about = wellKnownTeacher(teacher)
  if (about.needsBaseUrl && answers.baseUrl === undefined)
    throw new SediError('invalid-config', `The teacher “${teacher}” has no address of its own. Add --base-url, up to and including /v1.`)
  if (teacher === 'simulated') {
    if (answers.teacher === undefined)
      notes.push('No key and no server was found, so the teacher is simulated: everything can be tried, and nothing costs anything.')
    if (answers.purpose !== undefined && answers.purpose !== 'general')
      notes.push('The simulated teacher knows its own made-up world only: what the data is for chose nothing.')
    for (const option of ['model', 'baseUrl'] as const)
      if (answers[option] !== undefined) throw new SediError('invalid-config', `The simulated teacher has no ${option}. Name another --provider.`)
  }
  const model = teacher === 'simulated' ? undefined : (answers.model ?? (await chooseModel(teacher, answers.baseUrl, teachers, ask, notes)))
  const knowsPrice = about.knowsPrice(model ?? '', answers.baseUrl)
  if (answers.maxCostUsd !== undefined && !knowsPrice)
    throw new SediError(
      'invalid-config',
      `The price of ${model} is not known here, and a budget in dollars cannot be held at an unknown price. Use --max-tokens instead, and set generator.price in the configuration later.`,
    )
  const { purpose, baseUrl, seeds, kept = teacher === 'simulated' ? simulatedKept : defaultKept, trainer = 'none', baseModel } = answers
  if (trainer === 'python' && baseModel === undefined)
    throw new SediError(
      'invalid-config',
      'The trainer “python” needs a model to begin with. Add --base-model with a folder, or a name on the Hugging Face hub.',
    )
  const budget = {
    maxCostUsd: answers.maxCostUsd ?? (knowsPrice && answers.maxTokens === undefined ? defaultMaxCostUsd : undefined),
    maxTokens: answers.maxTokens ?? (knowsPrice ? undefined : defaultMaxTokens),
  }
  return { purpose, teacher, model, baseUrl, seeds, kept, ...budget, trainer, baseModel, notes }
}

async function chooseModel(teacher: string, baseUrl: string | undefined, teachers: readonly Teacher[], ask: boolean, notes: string[]): Promise<string> {
  const found = teachers.find(({ id }) => id === teacher)
  const models =
    baseUrl === undefined && found !== undefined ? found.models : ask ? await listModels(teacher, { baseUrl, timeoutMs: longestWaitMs }) : undefined
  const wellKnown = wellKnownTeacher(teacher).models
  const model = proposeModel(models, wellKnown)
  if (model === undefined)
    throw new SediError('invalid-config', `Which model of “${teacher}”? It lists none here. Add --model with the name the server gives it.`)
  if (models === undefined) notes.push(`The model ${model} is a proposal: the server gave no list of its models here. “sedi doctor” asks it.`)
  else if (!wellKnown.includes(model))
    notes.push(`The model ${model} was chosen by its name from the ${models.length} that the server lists. Change generator.model if another is better.`)
  return model
}
