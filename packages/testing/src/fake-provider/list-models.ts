import { errorIn } from './complete-chat.ts'
import { modelNotFoundWords } from './faults/refusals.ts'
import type { Imitation } from './imitations/imitation.ts'
import { embeddingModel, type ModelProfile, models, moderationModel } from './models.ts'
import { jsonReply, type Reply } from './reply.ts'

const others: readonly ModelProfile[] = [embeddingModel, moderationModel].map((id) => ({ id, about: '' }))

/** `GET /models`, or `/models/<id>` when `rest` is `/<id>`. */
export function listModels(rest: string, imitation: Imitation): Reply {
  const describe = imitation.model ?? openAiModel
  const all = [...models, ...others]
  if (rest === '') {
    const data = all.map(describe)
    return jsonReply(200, imitation.modelList?.(data) ?? { object: 'list', data })
  }
  const id = decodeURIComponent(rest.slice(1))
  const model = all.find((one) => one.id === id)
  return model === undefined ? errorIn(imitation, modelNotFoundWords(id)) : jsonReply(200, describe(model))
}

/** Source: types of npm package openai 7.55.0, which have a `shutdown_date`. */
function openAiModel({ id, shutdownDate }: ModelProfile): Readonly<Record<string, unknown>> {
  return { id, object: 'model', created: 0, owned_by: 'sedi', ...(shutdownDate === undefined ? {} : { shutdown_date: shutdownDate }) }
}
