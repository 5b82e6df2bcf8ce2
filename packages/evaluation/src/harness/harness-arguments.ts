import { SediError } from '@sedi/spec'
import { type HarnessRecipe, harnessRecipes } from './recipes.ts'

/** The model as lm_eval reaches it. */
export type HarnessModel =
  /** Behind OpenAI's chat completions: answers only, no likelihoods. */
  | { readonly kind: 'endpoint'; readonly url: string; readonly model: string; readonly concurrency?: number | undefined }
  /** A folder, or a name on the Hub, that transformers loads, with an adapter on top. */
  | { readonly kind: 'huggingface'; readonly base: string; readonly adapter?: string | undefined; readonly dtype?: string | undefined }

export type HarnessOptions = {
  /** A recipe, or tasks of lm_eval with commas between them. */
  readonly benchmark: string
  readonly model: HarnessModel
  /** Folder for its results. */
  readonly out: string
  /** Folder with task files of one's own. */
  readonly tasksFolder?: string | undefined
  readonly limit?: number | undefined
  readonly randomSeed?: number | undefined
}

/**
 * The arguments of `python -m lm_eval` (0.4.13) for a benchmark. Throws `unsupported` when it needs likelihoods and the model is an endpoint,
 * which gives none.
 */
export function harnessArguments({ benchmark, model, out, tasksFolder, limit, randomSeed = 1 }: HarnessOptions): string[] {
  const recipe: HarnessRecipe | undefined = harnessRecipes[benchmark as keyof typeof harnessRecipes]
  if (recipe?.needs === 'likelihood' && model.kind === 'endpoint')
    throw new SediError(
      'unsupported',
      `${benchmark} compares the likelihoods of given answers, which a chat endpoint does not tell. It needs the weights: a run whose trainer is “python”.`,
    )
  return [
    ...['run', '--tasks', (recipe?.tasks ?? benchmark.split(',').map((task) => task.trim())).join(',')],
    ...modelArguments(model),
    ...(recipe?.fewShot === undefined ? [] : ['--num_fewshot', String(recipe.fewShot)]),
    ...((recipe?.chat ?? model.kind === 'endpoint') ? ['--apply_chat_template'] : []),
    ...(tasksFolder === undefined ? [] : ['--include_path', tasksFolder]),
    ...(limit === undefined ? [] : ['--limit', String(limit)]),
    ...['--seed', String(randomSeed), '--output_path', out, '--log_samples'],
  ]
}

function modelArguments(model: HarnessModel): string[] {
  if (model.kind === 'huggingface') {
    const { base, adapter, dtype } = model
    const args = [`pretrained=${base}`, ...(adapter === undefined ? [] : [`peft=${adapter}`]), ...(dtype === undefined ? [] : [`dtype=${dtype}`])]
    return ['--model', 'hf', '--model_args', args.map(assertNoComma).join(','), '--batch_size', '8']
  }
  const args = [
    `model=${model.model}`,
    `base_url=${model.url}/chat/completions`,
    `num_concurrent=${model.concurrency ?? 1}`,
    'max_retries=3',
    'tokenized_requests=False',
  ]
  return ['--model', 'local-chat-completions', '--model_args', args.map(assertNoComma).join(','), '--batch_size', '1']
}

/** lm_eval splits its model arguments at commas and has no way to quote one. */
function assertNoComma(argument: string): string {
  if (!argument.includes(',')) return argument
  throw new SediError('unsupported', `lm_eval cannot be given a path with a comma: ${argument}. Move or rename it.`)
}
