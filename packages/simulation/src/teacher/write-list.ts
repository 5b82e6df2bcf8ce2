import type { Rng } from '@sedi/core'
import type { Task } from '@sedi/spec'
import { writeNumberedTask } from '../numbered-tasks.ts'
import { malformedTask, remarks } from './malformed-task.ts'
import type { PromptReading } from './read-prompt.ts'

type Entry = { readonly task: Task; readonly isBroken: boolean }
type List = Extract<PromptReading, { wants: 'tasks' | 'instructions' }>

/** New tasks, drawn one by one, in the form that was asked for; broken ones as each form is broken in practice. */
export function writeList(draw: () => Entry, { form, wants, firstNumber, taskCount }: List, rng: Rng): string {
  const entries = Array.from({ length: taskCount }, (_, i) => {
    const { task, isBroken } = draw()
    return form === 'json' ? writeObject(task, wants, isBroken, rng) : writeEntry(task, firstNumber + i, { form, wants }, isBroken, rng)
  })
  if (form === 'json') return `{"tasks": [\n${entries.join(',\n')}\n]}`
  return entries.join(form === 'labels' ? '\n###\n' : '\n')
}

function writeEntry(task: Task, number: number, { form, wants }: Pick<List, 'form' | 'wants'>, isBroken: boolean, rng: Rng): string {
  if (form === 'labels') return isBroken ? malformedTask(number, task, rng) : writeNumberedTask(number, task)
  const mark = form === 'brackets' ? `[${number}] ` : `${number}. `
  const input = task.input === '' || form === 'numbers' ? '' : `\nInput: ${task.input}`
  const body = task.instruction + input + (wants === 'tasks' ? `\nOutput: ${task.output}` : '')
  return isBroken ? brokenEntry(mark, body, rng) : mark + body
}

/** A number missing, nothing after the number, an input without an instruction, or a remark. */
function brokenEntry(mark: string, body: string, rng: Rng): string {
  const ways: readonly (() => string)[] = [
    () => body,
    () => mark.trim(),
    () => `${mark}Input: ${body.split('\nInput: ')[1] ?? ''}`,
    () => mark + rng.pick(remarks),
  ]
  return rng.pick(ways)()
}

function writeObject({ instruction, input, output }: Task, wants: List['wants'], isBroken: boolean, rng: Rng): string {
  const whole = JSON.stringify(wants === 'tasks' ? { instruction, input, output } : { instruction, input })
  return isBroken ? brokenObject(whole, rng) : whole
}

/** The end missing, the first key missing, or an instruction that is empty. */
function brokenObject(whole: string, rng: Rng): string {
  const ways: readonly (() => string)[] = [
    () => whole.slice(0, Math.max(16, whole.length >> 1)),
    () => whole.replace('"instruction":', '"task":'),
    () => whole.replace(/"instruction":"(?:[^"\\]|\\.)*"/, '"instruction":""'),
  ]
  return rng.pick(ways)()
}

/** Answers to tasks [1], [2], …; a broken one has lost its number, its text, or gives way to a remark. */
export function writeAnswers(
  answers: readonly { readonly answer: string; readonly isBroken: boolean }[],
  form: 'plain' | 'brackets' | 'json',
  rng: Rng,
): string {
  if (form === 'plain') return answers.map(({ answer }) => answer).join('\n')
  if (form === 'json') {
    const objects = answers.map(({ answer, isBroken }, i) => {
      const whole = JSON.stringify({ number: i + 1, answer })
      return isBroken ? whole.slice(0, -2) : whole
    })
    return `{"answers": [\n${objects.join(',\n')}\n]}`
  }
  const lines = answers.map(({ answer, isBroken }, i) => {
    const ways: readonly (() => string)[] = [() => answer, () => `[${i + 1}]`, () => `[${i + 1}] ${rng.pick(remarks)}`]
    return isBroken ? rng.pick(ways)() : `[${i + 1}] ${answer}`
  })
  return lines.join('\n')
}
