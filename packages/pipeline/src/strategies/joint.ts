import type { SeedTask } from '@sedi/spec'
import { jsonExamples, taskListFormat } from '../replies/read-json-tasks.ts'
import { readTasks } from '../replies/read-tasks.ts'
import type { PromptOptions, PromptStrategy, Question } from './strategy.ts'

/**
 * One call writes instruction, input and output together: the seeds are shown as a numbered list, the teacher continues it.
 * The form of Alpaca (stanford_alpaca, `generate_instruction.py` and `prompt.txt`), in our words; the rules come first so that
 * provider-side prompt caches can serve them.
 */
export default {
  id: 'joint',
  title: 'One call writes whole tasks (Alpaca)',
  formats: ['text', 'json'],
  stage: 'tasks',
  keptExamples: 0,

  ask: (seeds, options) => (options.format === 'json' ? askForJson(seeds, options) : askForList(seeds, options)),
  read: (reply, { format }) => readTasks(reply, format, ['instruction', 'input', 'output']),
} satisfies PromptStrategy

const rules = [
  'Rules for the new tasks:',
  '- Each asks for something else: vary the verb, the topic and the kind of task.',
  '- Mix questions and commands; keep an instruction to one or two sentences.',
  '- A text-only model must be able to do it: nothing to look at, hear, open or search for.',
]

function askForList(seeds: readonly SeedTask[], { tasksPerCall }: PromptOptions): Question {
  const first = seeds.length + 1
  const content = [
    'You write tasks that teach a language model to follow instructions.',
    `Continue the list below with ${tasksPerCall} new tasks, numbered ${first} to ${first + tasksPerCall - 1}.`,
    '',
    ...rules,
    '- The input is a concrete, realistic example of what the instruction works on; write <noinput> where none is needed.',
    '- The output is correct, complete and short.',
    '- Keep the form of the examples exactly: "N. Instruction:", "N. Input:", "N. Output:", with a line ### between tasks.',
    '',
    ...seeds.map((seed, i) => renderTask(i + 1, seed)),
    '###',
  ].join('\n')
  return { messages: [{ role: 'user', content }] }
}

function askForJson(seeds: readonly SeedTask[], { tasksPerCall }: PromptOptions): Question {
  const content = [
    'You write tasks that teach a language model to follow instructions.',
    `Write ${tasksPerCall} new tasks like the examples below. Reply with one JSON object and nothing else: {"tasks": [...]}, each task with "instruction", "input" and "output".`,
    '',
    ...rules,
    '- The input is a concrete, realistic example of what the instruction works on; "" where none is needed.',
    '- The output is correct, complete and short.',
    '',
    'Examples:',
    ...jsonExamples(seeds, ['instruction', 'input', 'output']),
  ].join('\n')
  return { messages: [{ role: 'user', content }], responseFormat: taskListFormat('tasks', ['instruction', 'input', 'output']) }
}

function renderTask(number: number, task: { readonly instruction: string; readonly input: string; readonly output: string }): string {
  const instruction = task.instruction.replace(/\s+/g, ' ').trim()
  return `###\n${number}. Instruction: ${instruction}\n${number}. Input:\n${task.input === '' ? '<noinput>' : task.input}\n${number}. Output:\n${task.output}`
}
