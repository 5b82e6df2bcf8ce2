/** A benchmark of lm-evaluation-harness by the name people use, with the settings it is usually reported with. */
export type HarnessRecipe = {
  /** As lm_eval names them. */
  readonly tasks: readonly string[]
  /** Examples shown before each question; undefined: the task's own number. */
  readonly fewShot?: number | undefined
  /** Whether questions go through the model's chat template. */
  readonly chat: boolean
  /** What it asks of a model: `likelihood` needs its weights (`--model hf`), `answers` an endpoint. */
  readonly needs: 'likelihood' | 'answers'
  /** The metric that is reported. */
  readonly metric: string
  /** Where lm_eval fetches the questions from. Downloaded on first use; nothing of it comes with SeDi. */
  readonly data: string
}

/**
 * Settings after the tasks' own documentation in lm_eval 0.4.13 and the Open LLM Leaderboard. *Untried* here, because their data has to be
 * downloaded; what is tried is the bridge itself, with a task of our own.
 */
export const harnessRecipes = {
  ifeval: { tasks: ['ifeval'], chat: true, needs: 'answers', metric: 'prompt_level_strict_acc', data: 'google/IFEval (and NLTK’s punkt)' },
  gsm8k: { tasks: ['gsm8k'], fewShot: 5, chat: true, needs: 'answers', metric: 'exact_match,flexible-extract', data: 'openai/gsm8k' },
  bbh: { tasks: ['bbh'], fewShot: 3, chat: true, needs: 'answers', metric: 'exact_match', data: 'SaylorTwift/bbh' },
  mmlu: { tasks: ['mmlu'], fewShot: 5, chat: false, needs: 'likelihood', metric: 'acc', data: 'cais/mmlu' },
  'arc-challenge': { tasks: ['arc_challenge'], fewShot: 25, chat: false, needs: 'likelihood', metric: 'acc_norm', data: 'allenai/ai2_arc' },
  hellaswag: { tasks: ['hellaswag'], fewShot: 10, chat: false, needs: 'likelihood', metric: 'acc_norm', data: 'Rowan/hellaswag' },
  truthfulqa: { tasks: ['truthfulqa_mc2'], fewShot: 0, chat: false, needs: 'likelihood', metric: 'acc', data: 'truthfulqa/truthful_qa' },
  winogrande: { tasks: ['winogrande'], fewShot: 5, chat: false, needs: 'likelihood', metric: 'acc', data: 'allenai/winogrande' },
} as const satisfies Readonly<Record<string, HarnessRecipe>>
