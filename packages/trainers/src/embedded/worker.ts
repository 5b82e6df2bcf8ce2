import { setImmediate as nextTurn } from 'node:timers/promises'
import { parentPort } from 'node:worker_threads'
import { SediError, toSediError } from '@sedi/spec'
import { generateAnswer, scoreItems } from './ask-model.ts'
import { createGraphs, type Graphs } from './graphs.ts'
import { createInferenceQueue, type InferenceQueue } from './inference-queue.ts'
import { loadJax } from './jax.ts'
import { createJobRunner } from './job-runner.ts'
import { createModel, type Model, readModelOrThrow } from './model.ts'
import type { FromWorker, ModelOptions, Question, ToWorker } from './protocol.ts'

// The worker thread's main program. Training steps and forward passes for questions take turns, so neither starves the other.

const port = parentPort
if (port === null) throw new Error('worker.ts is the embedded trainer’s worker thread; worker-client.ts starts it.')

/** Context of the model that `open(undefined)` gives when there is no `baseModel`. */
const untrainedContextTokens = 256

let graphs: Promise<Graphs> | undefined
const loadGraphs = (): Promise<Graphs> => {
  graphs ??= loadJax().then(createGraphs)
  return graphs
}
const post = (message: FromWorker): void => port.postMessage(message)
const runner = createJobRunner(loadGraphs, post)
const models = new Map<number, Model>()
const asked = new Map<number, AbortController>()
let queue: Promise<InferenceQueue> | undefined
const loadQueue = (): Promise<InferenceQueue> => {
  queue ??= loadGraphs().then(createInferenceQueue)
  return queue
}
let passing = false

port.on('message', (message: ToWorker) => {
  if (message.type === 'train') runner.submit(message)
  else if (message.type === 'cancel') runner.cancel(message.jobName)
  else if (message.type === 'ask') void reply(message.request, message.question)
  else if (message.type === 'abandon') asked.get(message.request)?.abort(new SediError('aborted', 'The caller gave up.'))
  else models.delete(message.handle)
})

async function reply(request: number, question: Question): Promise<void> {
  const controller = new AbortController()
  asked.set(request, controller)
  try {
    post({ type: 'answer', request, value: await answer(request, question, controller.signal) })
  } catch (error) {
    const { code, message } = toSediError(error)
    post({ type: 'refusal', request, error: { code, message } })
  }
  asked.delete(request)
}

async function answer(request: number, question: Question, signal: AbortSignal): Promise<unknown> {
  if (question.type === 'open') {
    models.set(request, question.model === undefined ? baseModel(question.options) : readModelOrThrow(question.model))
    return { handle: request } // a request number is never used twice, so it names the model
  }
  const model = models.get(question.handle)
  if (model === undefined) throw new SediError('invalid-input', 'This model was closed.')
  const rows = await loadQueue()
  const answered =
    question.type === 'score' ? scoreItems(rows, model, question.items, signal) : generateAnswer(rows, model, question.prompt, question.settings, signal)
  void runPasses(rows)
  return await answered
}

/** Forward passes until nobody waits; between them messages come in and unfinished answers ask for their next token. */
async function runPasses(rows: InferenceQueue): Promise<void> {
  if (passing) return
  passing = true
  await nextTurn()
  while (rows.waiting > 0) {
    rows.runOnce()
    await nextTurn()
  }
  passing = false
}

function baseModel(options: ModelOptions): Model {
  if (options.baseModel !== undefined) return readModelOrThrow({ uri: options.baseModel })
  return createModel(options, [], untrainedContextTokens, 0)
}
