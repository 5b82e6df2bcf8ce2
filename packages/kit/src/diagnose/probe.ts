import { costOfAnswer, toUsd } from '@sedi/pipeline'
import { type GenerateRequest, type GenerateResult, type RunConfig, type TextGenerator, toSediError } from '@sedi/spec'
import { type Finding, failed, ok, unknown, warning } from './finding.ts'

/** Room for a model that thinks before it answers. */
const probeTokens = 1024

/** Every setting a run may send, in one short question whose answer can be checked. */
function probeRequest({ generator: { temperature, topP, maxOutputTokens } }: RunConfig): GenerateRequest {
  return {
    messages: [{ role: 'user', content: 'Which planet is nearest to the sun? Answer as JSON: {"planet": "<name>"}' }],
    maxOutputTokens: Math.min(probeTokens, maxOutputTokens),
    temperature,
    ...(topP === undefined ? {} : { topP }),
    stop: ['###'],
    seed: 1,
    responseFormat: {
      name: 'planet',
      schema: { type: 'object', properties: { planet: { type: 'string' } }, required: ['planet'], additionalProperties: false },
    },
  }
}

/** Buys one short completion and says what it showed. Nothing is bought of a provider that keeps its work: nobody would wait for it, or fetch it later. */
export async function probe(generator: TextGenerator, config: RunConfig): Promise<Finding[]> {
  if (generator.recovery === 'rejoin')
    return [unknown('answers', `not tried: ${generator.provider} answers within a day. Probe the model with the provider that answers at once.`)]
  const request = probeRequest(config)
  const startedAt = performance.now()
  try {
    const result = await generator.generate(request)
    const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
    const cost = costOfAnswer(request, result.text, result.usage, config.generator.price)
    const price = cost.nanoUsd === null ? 'at an unknown price' : `for ${cost.exact ? '' : 'at most '}$${toUsd(cost.nanoUsd).toFixed(6)}`
    return [answer(result, seconds, price), usage(result), ...(result.text.trim() === '' ? [] : [structure(result)]), ...changes(result)]
  } catch (thrown) {
    const error = toSediError(thrown)
    const charged = error.details.charged === 'none' ? '' : ' It may have been billed.'
    return [failed('answers', `${error.message}${charged}`)]
  }
}

function answer({ text, finishReason, modelId }: GenerateResult, seconds: string, price: string): Finding {
  if (text.trim() === '')
    return failed(
      'answers',
      `an empty answer (${finishReason}) of ${modelId} after ${seconds} s, ${price}. Raise generator.maxOutputTokens if the model reasons first.`,
    )
  return ok('answers', `${modelId} in ${seconds} s, ${price}`)
}

function usage({ usage: { inputTokens, outputTokens, cachedInputTokens, reasoningTokens } }: GenerateResult): Finding {
  if (inputTokens === undefined || outputTokens === undefined)
    return warning(
      'tokens',
      'the server does not count them: costs are upper bounds from the length of the texts, and a budget is used up sooner than it need be',
    )
  const parts = [
    cachedInputTokens === undefined ? '' : `${cachedInputTokens} of them from a cache`,
    reasoningTokens === undefined || reasoningTokens === 0 ? '' : `${reasoningTokens} of the output for reasoning`,
  ].filter((part) => part !== '')
  return ok('tokens', `${inputTokens} in, ${outputTokens} out${parts.length === 0 ? '' : ` (${parts.join(', ')})`}`)
}

function structure({ text, warnings, adaptations = [] }: GenerateResult): Finding {
  const dropped = adaptations.some(({ setting }) => setting === 'response_format') || warnings.some((text) => /responseFormat|response_format/.test(text))
  if (dropped) return warning('schemas', 'the model does not take a JSON schema; replies are read as text')
  try {
    const value: unknown = JSON.parse(text)
    if (typeof value === 'object' && value !== null && 'planet' in value) return ok('schemas', 'the answer has the form that was asked for')
  } catch {
    // Said below.
  }
  return warning('schemas', 'a JSON schema was taken and not kept to; replies are read as text')
}

const changes = ({ adaptations = [], warnings }: GenerateResult): Finding[] => [
  ...adaptations.map(({ setting, action, replacement }) => warning('settings', `${setting} ${action}${replacement === null ? '' : ` (${replacement})`}`)),
  ...warnings.map((text) => warning('settings', text)),
]
