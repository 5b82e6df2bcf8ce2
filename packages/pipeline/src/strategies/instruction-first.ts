import type { SeedTask, Task } from '@sedi/spec'
import { readAnswers } from '../replies/read-answers.ts'
import { readInstructions } from '../replies/read-instructions.ts'
import { jsonExamples, taskListFormat } from '../replies/read-json-tasks.ts'
import { shortTask, shortTaskRules, withInput } from './short-form/render.ts'
import type { FollowUpQuestion, FollowUps, PromptOptions, PromptStrategy, Question } from './strategy.ts'

/**
 * First a list of instructions and inputs, without answers; then, for those that pass the filter, the answers, several in one call.
 * What is rejected for its instruction costs no answer, and a list in short form costs fewer tokens than Alpaca's labels.
 */
export default {
  id: 'instruction-first',
  title: 'Instructions first, answers only to what passes the filter',
  formats: ['text', 'json'],
  stage: 'instructions',
  keptExamples: 0,

  ask: (seeds, options) => (options.format === 'json' ? askForJson(seeds, options) : askForList(seeds, options)),
  read: (reply, { format }) => readInstructions(reply, format),

  followUps: {
    groupSize: ({ answersPerCall }) => answersPerCall,
    next(group, answers, options) {
      const reply = answers[0]
      return reply === undefined ? askForAnswers(group, options) : { finished: readAnswers(reply, group) }
    },
    bounds: ({ answersPerCall, format }) => {
      const rules = Buffer.byteLength(answersPerCall === 1 ? alone : rulesFor(answersPerCall, format))
      const schema = format === 'json' ? Buffer.byteLength(JSON.stringify(answersFormat)) + 64 : 0
      return [{ stage: 'answer', promptBytes: rules + schema + 24 * answersPerCall, maxOutputTokens: undefined }]
    },
  } satisfies FollowUps,
} satisfies PromptStrategy

function askForList(seeds: readonly SeedTask[], { tasksPerCall }: PromptOptions): Question {
  const content = [
    'You write tasks that teach a language model to follow instructions. Write the tasks only, without answers.',
    `Continue the list below with ${tasksPerCall} new tasks, numbered [${seeds.length + 1}] to [${seeds.length + tasksPerCall}].`,
    ...shortTaskRules,
    '- Keep the form of the list.',
    '',
    ...seeds.map((seed, i) => shortTask(i + 1, seed)),
  ].join('\n')
  return { messages: [{ role: 'user', content }] }
}

function askForJson(seeds: readonly SeedTask[], { tasksPerCall }: PromptOptions): Question {
  const content = [
    'You write tasks that teach a language model to follow instructions. Write the tasks only, without answers.',
    `Write ${tasksPerCall} new tasks like the examples below. Reply with one JSON object and nothing else: {"tasks": [...]}, each task with "instruction" and "input".`,
    ...shortTaskRules.slice(0, 2),
    '- The input is a concrete, realistic example of what the instruction works on; "" where none is needed.',
    '',
    ...jsonExamples(seeds, ['instruction', 'input']),
  ].join('\n')
  return { messages: [{ role: 'user', content }], responseFormat: taskListFormat('instructions', ['instruction', 'input']) }
}

const alone = 'Answer the task below. Correct, complete and short: write the answer and nothing else.\n\nTask: '

function rulesFor(count: number, format: PromptOptions['format']): string {
  const form =
    format === 'json'
      ? 'Reply with one JSON object and nothing else: {"answers": [...]}, each with "number" and "answer".'
      : 'Begin each answer with its number in brackets, on a line of its own, as the tasks do.'
  return `Answer each of the ${count} tasks below. Correct, complete and short: write the answers and nothing else.\n${form}\n\n`
}

function askForAnswers(group: readonly Task[], { format }: PromptOptions): FollowUpQuestion {
  const content = group.length === 1 ? alone + withInput(group[0]!) : rulesFor(group.length, format) + group.map((task, i) => shortTask(i + 1, task)).join('\n')
  const asJson = format === 'json' && group.length > 1
  return { stage: 'answer', messages: [{ role: 'user', content }], ...(asJson ? { responseFormat: answersFormat } : {}) }
}

const answersFormat = {
  name: 'answers',
  schema: {
    type: 'object',
    properties: {
      answers: {
        type: 'array',
        items: {
          type: 'object',
          properties: { number: { type: 'integer' }, answer: { type: 'string' } },
          required: ['number', 'answer'],
          additionalProperties: false,
        },
      },
    },
    required: ['answers'],
    additionalProperties: false,
  },
}
