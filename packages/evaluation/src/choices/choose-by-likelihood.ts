import { type EvalContext, type Sample, type Score, SediError } from '@sedi/spec'
import { readChoices } from './read-choices.ts'

/**
 * Which option the student finds most probable after the prompt: the option with the highest `weigh(log-probability, option)`; the first of
 * equal ones. The token that ends an answer is left out, as lm-evaluation-harness has none. Spaces at a prompt's end are the prompt's; there they
 * count to each option, which moves `acc_norm`.
 *
 * One forward pass for each option. Throws `unsupported` without a scorer, `provider-response` when it says nothing about an option.
 */
export async function chooseByLikelihood(sample: Sample, context: EvalContext, weigh: (logprob: number, option: string) => number): Promise<Score> {
  const { completions, right } = readChoices(sample)
  if (context.scorer === undefined)
    throw new SediError('unsupported', 'Multiple choice by likelihood needs a scorer, which recorded answers and models behind an API do not have.')
  const results = await context.scorer.score(
    completions.map((completion) => ({ prompt: sample.prompt, completion })),
    context,
  )
  const logprobs = completions.map((_, i) => {
    const tokens = results[i]?.tokenLogprobs ?? []
    if (tokens.length < 2 || !tokens.every(Number.isFinite))
      throw new SediError('provider-response', `The scorer returned no token probabilities for an option of test item ${sample.id}.`)
    return tokens.slice(0, -1).reduce((sum, logprob) => sum + logprob, 0)
  })
  const weights = logprobs.map((logprob, i) => weigh(logprob, completions[i]!))
  const chosen = weights.indexOf(Math.max(...weights))
  return { value: chosen === right ? 1 : 0, prediction: completions[chosen]!, details: { logprobs, chosen, right } }
}
