import { type ChatContext, type ChatOutcome, completeChat } from './complete-chat.ts'
import { completeWork } from './complete-work.ts'
import { type EmbedRequest, parseEmbedRequest, parseFeatureRequest } from './embed.ts'
import type { Plan } from './fault-plan.ts'
import { embeddingModel } from './models.ts'
import { moderate } from './moderate.ts'
import type { ErrorWords } from './reply.ts'

export type Decide = (body: string, key: string, plan: Plan, context: ChatContext) => ChatOutcome

export type Route = { readonly operation: string; readonly decide: Decide }

const chat: Route = { operation: 'chat', decide: completeChat }
const embeddings: Route = { operation: 'embeddings', decide: embedding(parseEmbedRequest) }
const features: Route = { operation: 'embeddings', decide: embedding(parseFeatureRequest) }
const moderations: Route = {
  operation: 'moderations',
  decide: (body, key, plan, context) =>
    completeWork(key, plan, context, () => {
      const reply = moderate(body)
      return 'refusal' in reply ? reply : { model: '', inputTokens: 0, free: true, reply: () => reply }
    }),
}

/** Who answers `POST <path>`; undefined when nobody does. */
export function findRoute(pathname: string, basePath: string): Route | undefined {
  switch (pathname) {
    case `${basePath}/chat/completions`:
      return chat
    case `${basePath}/embeddings`:
      return embeddings
    case `${basePath}/moderations`:
      return moderations
    // An endpoint of Hugging Face's own that serves one model.
    case '/':
      return features
    default:
  }
  if (/^(?:\/hf-inference)?\/models\/.+\/pipeline\/feature-extraction$/.test(pathname)) return features
  return /^(?:\/hf-inference)?\/models\/.+\/v1\/chat\/completions$/.test(pathname) ? chat : undefined
}

function embedding(parse: (body: string) => EmbedRequest | { readonly refusal: ErrorWords }): Decide {
  return (body, key, plan, context) =>
    completeWork(key, plan, context, () => {
      const request = parse(body)
      if ('refusal' in request || request.model === embeddingModel) return request
      return { refusal: { status: 404, message: `The model \`${request.model}\` does not exist or you do not have access to it.`, code: 'model_not_found' } }
    })
}
