import { type ChildProcess, spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { type CallOptions, type GenerateResult, type OpenModel, SediError } from '@sedi/spec'
import * as z from 'zod'
import { abortedError, throwIfAborted } from '../aborted.ts'
import { endProcess, pythonEnvironment } from './processes.ts'

export type ServeOptions = {
  readonly python: string
  readonly baseModel: string
  /** Folder of what a job made of it; undefined: the base model. */
  readonly model: string | undefined
  readonly modelId: string
  readonly chatTemplate: string
  readonly mayDownload: boolean
}

const repliesSchema = z.object({
  choices: z.array(z.object({ message: z.object({ content: z.string() }), finish_reason: z.string() })).min(1),
  usage: z.object({ prompt_tokens: z.int(), completion_tokens: z.int() }),
})
const scoresSchema = z.object({ results: z.array(z.object({ tokenLogprobs: z.array(z.number()), topLogprobs: z.array(z.number()) })) })

/**
 * Starts the Python package's server for a model and asks it over loopback. The server ends when it is closed, when it does not open the model or
 * the call is aborted before that, and with this process.
 */
export async function openPythonModel(options: ServeOptions, call: CallOptions = {}): Promise<OpenModel> {
  throwIfAborted(call)
  const child = spawn(
    options.python,
    [
      ...['-m', 'sedi_trainer', 'serve', '--base', options.baseModel, '--chat-template', options.chatTemplate],
      ...(options.model === undefined ? [] : ['--model', options.model]),
      ...(options.mayDownload ? ['--may-download'] : []),
    ],
    { stdio: ['pipe', 'pipe', 'ignore'], env: pythonEnvironment() },
  )
  const url = await addressOf(child, call).catch(async (error: unknown) => {
    await endProcess(child)
    throw error
  })

  async function post(path: string, body: unknown, { signal }: CallOptions = {}): Promise<unknown> {
    const response = await fetch(`${url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      ...(signal === undefined ? {} : { signal }),
    }).catch((cause: unknown) => {
      if (signal?.aborted) throw new SediError('aborted', 'The question to the trained model was aborted.', { cause })
      throw new SediError('provider-response', 'The server of the trained model does not answer any more.', { cause })
    })
    const text = await response.text()
    if (!response.ok) throw new SediError('invalid-input', `The trained model refused the request (${response.status}): ${text.slice(0, 300)}`)
    return JSON.parse(text)
  }

  return {
    generator: {
      specVersion: 1,
      provider: 'python',
      modelId: options.modelId,
      async generate(request, call): Promise<GenerateResult> {
        const { messages, maxOutputTokens, temperature = 0, topP = 1, stop = [], seed } = request
        const body = { messages, max_completion_tokens: maxOutputTokens, temperature, top_p: topP, stop, ...(seed === undefined ? {} : { seed }) }
        const raw = repliesSchema.parse(await post('/chat/completions', body, call))
        const [{ message, finish_reason: reason }] = raw.choices as [(typeof raw.choices)[number]]
        return {
          text: message.content,
          finishReason: reason === 'length' ? 'length' : 'stop',
          usage: { inputTokens: raw.usage.prompt_tokens, outputTokens: raw.usage.completion_tokens },
          modelId: options.modelId,
          warnings: [],
          raw,
        }
      },
    },
    scorer: { score: async (items, call) => scoresSchema.parse(await post('/score', { items }, call)).results },
    close: () => endProcess(child),
  }
}

const firstLineSchema = z.union([z.object({ url: z.string() }), z.object({ error: z.object({ code: z.string(), message: z.string() }) })])

/** The server's first line says where it is, or why it is nowhere. Loading a model takes its time: the call may end before. */
async function addressOf(child: ChildProcess, { signal }: CallOptions): Promise<string> {
  let leave = (): void => {}
  const line = await new Promise<string>((resolve, reject) => {
    leave = () => reject(abortedError(signal?.reason))
    signal?.addEventListener('abort', leave, { once: true })
    createInterface({ input: child.stdout! }).once('line', resolve)
    child.once('error', (cause) => reject(new SediError('missing-dependency', `Python cannot be started: ${cause.message}`, { cause })))
    child.once('exit', (code) =>
      reject(new SediError('provider-response', `The server of the trained model ended before it took requests (exit code ${code}).`)),
    )
  }).finally(() => signal?.removeEventListener('abort', leave))
  const said = firstLineSchema.safeParse(parse(line)).data
  if (said === undefined) throw notAnAddress(line)
  if ('url' in said) return said.url
  throw new SediError('invalid-input', `The model cannot be opened: ${said.error.message} (${said.error.code})`)
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}

const notAnAddress = (line: string): SediError =>
  new SediError(
    'provider-response',
    `Expected the address of the trained model as the first line of its server, got ${JSON.stringify(line.slice(0, 200))}. Something that Python loads prints by itself (a sitecustomize.py, a package): leave it out, or let it print to standard error.`,
  )
