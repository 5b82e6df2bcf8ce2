import { plainSeconds } from '../rate-limits.ts'
import type { Imitation } from './imitation.ts'

const severity = { filtered: false, severity: 'safe' }
const safe = { hate: severity, self_harm: severity, sexual: severity, violence: severity }

export default {
  title: 'Azure OpenAI, v1 address',
  source: 'learn.microsoft.com, Azure OpenAI: REST reference, content filtering, quotas and limits; read 2026-11-21',
  basePath: '/openai/v1',
  keyHeader: 'api-key',
  limitHeaders: plainSeconds,
  error({ status, message, param = null, code = null, type = null }) {
    if (status === 401) return { status, body: { error: { code: '401', message: 'Access denied due to invalid subscription key or wrong API endpoint.' } } }
    if (code === 'model_not_found') {
      return { status, body: { error: { code: 'DeploymentNotFound', message: 'The API deployment for this resource does not exist.' } } }
    }
    return { status, body: { error: { message, type, param, code: status === 429 && code === 'rate_limit_exceeded' ? '429' : code } } }
  },
  completion: ({ choices: [choice], ...body }) => ({
    ...body,
    prompt_filter_results: [{ prompt_index: 0, content_filter_results: safe }],
    choices: [{ ...choice, content_filter_results: safe }],
  }),
  stream: { emptyFirst: true },
} satisfies Imitation
