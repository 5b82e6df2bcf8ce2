import type { CostEstimate } from '@sedi/pipeline'
import { type ModelDescription, type RunConfig, type TextGenerator, toSediError } from '@sedi/spec'
import { nearestName } from '../config/nearest-name.ts'
import { type Finding, failed, ok, unknown, warning } from './finding.ts'

export type ModelContext = { readonly config: RunConfig; readonly estimate: CostEstimate | undefined; readonly now: number }

/** What the provider says about key and model without a completion being bought. */
export async function describeModel(generator: TextGenerator, context: ModelContext): Promise<Finding[]> {
  if (generator.inspect === undefined) return [unknown('model', `${generator.provider} cannot be asked about ${generator.modelId} without buying a completion`)]
  try {
    const description = await generator.inspect()
    return [key(description, generator), ...modelFindings(description, context)]
  } catch (thrown) {
    const error = toSediError(thrown)
    if (error.code === 'not-found') return [failed('model', error.message)]
    // Many servers of one's own answer completions and nothing else.
    if (error.code === 'unsupported') return [unknown('model', error.message)]
    return [failed(error.code === 'invalid-credential' ? 'key' : 'server', error.message)]
  }
}

const dayMs = 86_400_000
/** A model that is retired sooner than this is named in a warning. */
const soonDays = 60

function modelFindings(description: ModelDescription, { config, estimate, now }: ModelContext): Finding[] {
  return [listed(description), retirement(description, now), context(description, config, estimate), schemas(description), notes(description)].flat()
}

function key({ keyChecked }: ModelDescription, { provider }: TextGenerator): Finding {
  return keyChecked === false
    ? unknown('key', 'the server says what it says to anyone; a bad key shows with the first call')
    : ok('key', `${provider} takes it`)
}

function schemas({ structuredOutput }: ModelDescription): Finding[] {
  if (structuredOutput === undefined) return []
  return [
    structuredOutput ? ok('schemas', 'the model can be held to a JSON schema') : warning('schemas', 'the model takes no JSON schema; replies are read as text'),
  ]
}

const notes = ({ notes = [] }: ModelDescription): Finding[] => notes.map((text) => warning('note', text))

function listed({ modelId, listed: isListed, otherModels = [] }: ModelDescription): Finding[] {
  if (isListed === true) return [ok('model', `${modelId} is listed`)]
  if (isListed === undefined) return [unknown('model', `the server lists no models; whether it has ${modelId} shows with the first call`)]
  const near = nearestName(modelId, otherModels)
  const hint =
    near !== undefined
      ? `Did you mean ${near}?`
      : otherModels.length === 0
        ? ''
        : `It lists ${otherModels.slice(0, 8).join(', ')}${otherModels.length > 8 ? ', …' : ''}.`
  return [failed('model', `${modelId} is not among the models of this key. ${hint}`.trim())]
}

function retirement({ modelId, shutdownDate }: ModelDescription, now: number): Finding[] {
  if (shutdownDate === undefined) return []
  const days = Math.ceil((Date.parse(shutdownDate) - now) / dayMs)
  if (Number.isNaN(days)) return [unknown('retirement', `the provider names a date that cannot be read: ${shutdownDate}`)]
  if (days <= 0) return [failed('retirement', `${modelId} was retired on ${shutdownDate}. Choose another model.`)]
  const left = `${modelId} is retired on ${shutdownDate}, in ${days} days`
  return [days <= soonDays ? warning('retirement', `${left}: a run that is paused until then cannot be finished with it`) : ok('retirement', left)]
}

function context({ contextTokens }: ModelDescription, config: RunConfig, estimate: CostEstimate | undefined): Finding[] {
  if (contextTokens === undefined) return [unknown('context', 'the provider does not say how long a prompt and answer may be')]
  const { likely, atMost } = estimate?.inputTokensPerCall ?? { likely: 0, atMost: 0 }
  const out = config.generator.maxOutputTokens
  const room = `${contextTokens} tokens; a call needs about ${likely} in, at most ${atMost}, and up to ${out} out`
  if (likely + out > contextTokens) return [failed('context', `${room}. Lower generator.maxOutputTokens, prompt.seedsPerPrompt or prompt.tasksPerCall.`)]
  return [atMost + out > contextTokens ? warning('context', `${room}: a long prompt may not fit`) : ok('context', room)]
}
