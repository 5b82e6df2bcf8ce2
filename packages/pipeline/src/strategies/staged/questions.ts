import type { Task } from '@sedi/spec'
import type { Question } from '../strategy.ts'
import { classificationExamples, inputFirstExamples, labelFirstExamples } from './examples.ts'

const classificationPrompt = [
  'A classification task is one whose answer is always one of a few labels that are known beforehand. For each task: is it one, Yes or No?',
  '',
  ...classificationExamples.map(({ instruction, isClassification }) => `Task: ${instruction}\nClassification: ${isClassification ? 'Yes' : 'No'}\n`),
].join('\n')

const inputFirstPrompt = [
  'For each task, write something it can be done on, concrete and realistic, then the correct result. Where the task needs nothing, write <noinput>.',
  '',
  ...inputFirstExamples.map(({ instruction, input, output }) => `Task: ${instruction}\nInput: ${input || '<noinput>'}\nOutput: ${output}\n`),
].join('\n')

const labelFirstPrompt = [
  'For each classification task, choose one of its labels, another one than people would choose first now and then; then write an input to which it is the correct answer.',
  '',
  ...labelFirstExamples.map(({ instruction, input, output }) => `Task: ${instruction}\nLabel: ${output}\nInput: ${input || '<noinput>'}\n`),
].join('\n')

/** What stands before the task itself. */
export const examplesBytes = {
  classification: Buffer.byteLength(classificationPrompt) + 40,
  inputFirst: Buffer.byteLength(inputFirstPrompt) + 40,
  labelFirst: Buffer.byteLength(labelFirstPrompt) + 40,
}

const taskLine = ({ instruction }: Task): string => `Task: ${instruction.replace(/\s+/g, ' ').trim()}`

/** Self-Instruct: temperature 0, 3 tokens, stop at a line break or the next task. */
export function askWhetherClassification(task: Task): Question {
  const content = `${classificationPrompt}\n${taskLine(task)}\nClassification:`
  return { messages: [{ role: 'user', content }], temperature: 0, maxOutputTokens: 3, stop: ['\n', 'Task'] }
}

/** Self-Instruct: temperature 0, 300 tokens label first, 350 input first, stop at the next task. */
export function askForInstance(task: Task, labelFirst: boolean): Question {
  const content = `${labelFirst ? labelFirstPrompt : inputFirstPrompt}\n${taskLine(task)}\n${labelFirst ? 'Label:' : 'Input:'}`
  return { messages: [{ role: 'user', content }], temperature: 0, maxOutputTokens: labelFirst ? 300 : 350, stop: ['Task:'] }
}
