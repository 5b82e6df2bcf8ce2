/** What is wrong with a request or a line of a file, in the service's words. */
export type Problem = { readonly message: string; readonly param: string | null; readonly code: string }

const problem = (message: string, param: string | null = null, code = 'invalid_value'): Problem => ({ message, param, code })

type Fields = Record<string, unknown>
const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null && !Array.isArray(value)

const createFields = new Set(['model', 'training_file', 'validation_file', 'method', 'hyperparameters', 'seed', 'suffix', 'integrations', 'metadata'])
const hyperparameterFields = new Set(['n_epochs', 'batch_size', 'learning_rate_multiplier'])

/** Checks the body of `POST /fine_tuning/jobs` as OpenAI's reference describes it; unknown fields are refused. */
export function checkCreate(body: unknown): Problem | undefined {
  if (!isObject(body)) return problem('We could not parse the JSON body of your request.')
  const unknown = Object.keys(body).find((name) => !createFields.has(name))
  if (unknown !== undefined) return problem(`Unknown parameter: '${unknown}'.`, unknown, 'unknown_parameter')
  for (const name of ['model', 'training_file']) {
    if (typeof body[name] !== 'string') return problem(`Missing required parameter: '${name}'.`, name, 'missing_required_parameter')
  }
  const { suffix, seed, metadata } = body
  if (suffix !== undefined && (typeof suffix !== 'string' || !/^[A-Za-z0-9-]{1,64}$/.test(suffix))) return problem('Invalid suffix.', 'suffix')
  if (seed !== undefined && !(Number.isInteger(seed) && (seed as number) >= 0 && (seed as number) < 2 ** 31)) return problem('Invalid seed.', 'seed')
  if (metadata !== undefined) {
    const pairs = isObject(metadata) ? Object.entries(metadata) : []
    const fits = ([key, value]: [string, unknown]) => key.length <= 64 && typeof value === 'string' && value.length <= 512
    if (!isObject(metadata) || pairs.length > 16 || !pairs.every(fits)) return problem('Invalid metadata.', 'metadata')
  }
  const given = hyperparametersOf(body)
  if (!isObject(given)) return problem('Invalid method.', 'method')
  const odd = Object.keys(given).find((name) => !hyperparameterFields.has(name))
  if (odd !== undefined) return problem(`Unknown parameter: '${odd}'.`, odd, 'unknown_parameter')
  const whole = (name: string, most: number) => {
    const value = given[name]
    return value === undefined || value === 'auto' || (Number.isInteger(value) && (value as number) >= 1 && (value as number) <= most)
  }
  if (!whole('n_epochs', 50)) return problem('Invalid n_epochs.', 'n_epochs')
  if (!whole('batch_size', 256)) return problem('Invalid batch_size.', 'batch_size')
  const rate = given.learning_rate_multiplier
  if (rate !== undefined && rate !== 'auto' && !(typeof rate === 'number' && rate > 0)) return problem('Invalid multiplier.', 'learning_rate_multiplier')
  return undefined
}

/** From `method`, or from where they stood before there were methods. */
export function hyperparametersOf(body: Fields): unknown {
  const { method, hyperparameters = {} } = body
  if (method === undefined) return hyperparameters
  if (!isObject(method) || method.type !== 'supervised' || Object.keys(method).some((name) => name !== 'type' && name !== 'supervised')) return undefined
  const { supervised = {} } = method
  return isObject(supervised) ? (supervised.hyperparameters ?? {}) : undefined
}

export type ChatLine = { readonly prompt: string; readonly completion: string }

/** Reads a training file as validation does: a conversation per line that ends with the assistant, and nothing else in it. */
export function readTrainingFile(content: Buffer, minExamples: number): { readonly lines: readonly ChatLine[]; readonly problem?: Problem } {
  const lines: ChatLine[] = []
  for (const [i, text] of content.toString('utf8').split('\n').entries()) {
    if (text.trim() === '') continue
    const at = (what: string): { lines: readonly ChatLine[]; problem: Problem } => ({
      lines,
      problem: problem(`The job failed due to an invalid training file. Line ${i + 1}: ${what}`, 'training_file', 'invalid_training_file'),
    })
    let line: unknown
    try {
      line = JSON.parse(text)
    } catch {
      return at('Expected valid JSON.')
    }
    if (!isObject(line) || Object.keys(line).join() !== 'messages' || !Array.isArray(line.messages)) return at("Expected 'messages' only.")
    const messages = line.messages as { role?: unknown; content?: unknown }[]
    const known = messages.every((one) => isObject(one) && ['system', 'user', 'assistant'].includes(String(one.role)) && typeof one.content === 'string')
    if (!known || messages.at(-1)?.role !== 'assistant') return at('Expected messages with role and content, the last from the assistant.')
    if (messages.at(-1)!.content === '') return at('The assistant says nothing.')
    lines.push({ prompt: promptOf(messages.slice(0, -1)), completion: String(messages.at(-1)!.content) })
  }
  if (lines.length >= minExamples) return { lines }
  const few = `The job failed due to an invalid training file. Expected at least ${minExamples} examples, got ${lines.length}.`
  return { lines, problem: problem(few, 'training_file', 'invalid_training_file') }
}

/** The conversation up to the answer, as one text. */
export const promptOf = (messages: readonly { readonly role?: unknown; readonly content?: unknown }[]): string =>
  messages.map(({ role, content }) => `${String(role)}: ${String(content)}`).join('\n')
