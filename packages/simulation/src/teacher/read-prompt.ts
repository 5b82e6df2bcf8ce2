import type { Message, Task } from '@sedi/spec'
import { readNumberedTasks } from '../numbered-tasks.ts'

/** What the teacher makes of a prompt. */
export type PromptReading =
  /** Write new tasks, or only what to do and on what, in the form of the examples. */
  | {
      readonly wants: 'tasks' | 'instructions'
      readonly form: TaskForm
      readonly examples: readonly Task[]
      /** Tasks asked for, 1 to 200. */
      readonly taskCount: number
      /** The number the first new task should carry. */
      readonly firstNumber: number
    }
  /** Answer these, in a numbered list or, when there is but one, plainly. */
  | { readonly wants: 'answers'; readonly form: 'plain' | 'brackets' | 'json'; readonly tasks: readonly Task[] }
  | { readonly wants: 'classification'; readonly instruction: string }
  /** An input and an output for an instruction, in this order or the other. */
  | { readonly wants: 'instance'; readonly labelFirst: boolean; readonly instruction: string }

/** `4. Instruction: …` in labelled parts, `[4] …`, `4. …`, or objects. */
export type TaskForm = 'labels' | 'brackets' | 'numbers' | 'json'

const defaultTaskCount = 20
const mostTasks = 200
/** Prompts are read to here: the teacher answers strangers over HTTP. */
const longestPrompt = 200_000

/** Any text will do: what the teacher does not find has a default. */
export function readPrompt(messages: readonly Message[]): PromptReading {
  const text = messages.map((message) => message.content).join('\n')
  return readQuestion(text.slice(-longestPrompt).trimEnd()) ?? readList(text)
}

/** Questions about single tasks are known by how they end, lists of questions by how they begin. */
function readQuestion(text: string): PromptReading | undefined {
  const ending = /\n(Classification|Label|Input):$/.exec(text.slice(-20))?.[1]
  const task = ending === undefined ? -1 : text.lastIndexOf('\nTask:')
  if (ending !== undefined && task >= 0) {
    const instruction = text.slice(task + 6, text.length - ending.length - 1).trim()
    return ending === 'Classification' ? { wants: 'classification', instruction } : { wants: 'instance', labelFirst: ending === 'Label', instruction }
  }
  if (/^\s*answer the task below/i.test(text)) {
    const from = text.indexOf('\nTask:')
    const body = from < 0 ? text.slice(text.indexOf('\n') + 1) : text.slice(from + 6)
    return { wants: 'answers', form: 'plain', tasks: [splitInput(body)] }
  }
  if (/^\s*answer each of the/i.test(text)) {
    return { wants: 'answers', form: /\bJSON\b/.test(text) ? 'json' : 'brackets', tasks: readBracketed(text) }
  }
  return undefined
}

function readList(text: string): PromptReading {
  const asked = /\b(\d{1,6})\s+(?:(?:new|more|further|diverse|other)\s+){0,2}tasks?\b/i.exec(text)?.[1]
  const numbered = /\bnumbered\s+\[?(\d{1,6})\b/i.exec(text)?.[1]
  const taskCount = Math.min(mostTasks, Math.max(1, Number(asked ?? defaultTaskCount)))
  const labelled = readNumberedTasks(text)
  const list = (wants: 'tasks' | 'instructions', form: TaskForm, examples: readonly Task[], next: number): PromptReading => ({
    ...{ wants, form, examples, taskCount },
    firstNumber: Number(numbered ?? next),
  })
  if (labelled.length > 0) return list('tasks', 'labels', labelled, labelled.at(-1)!.number + 1)

  const objects = readObjects(text)
  if (objects.length > 0) return list(objects.some(({ output }) => output !== '') ? 'tasks' : 'instructions', 'json', objects, 1)
  const bracketed = readBracketed(text)
  if (bracketed.length > 0) {
    return list(bracketed.some(({ output }) => output !== '') ? 'tasks' : 'instructions', 'brackets', bracketed, bracketed.length + 1)
  }
  const bare = /\binstructions? only\b/i.test(text) ? readNumbered(text) : []
  if (bare.length > 0) return list('instructions', 'numbers', bare, bare.length + 1)
  return list('tasks', 'labels', [], 1)
}

/** Entries of the form `[3] …`. */
function readBracketed(text: string): Task[] {
  const marks = [...text.matchAll(/^\[\d{1,6}\] (?=\S)/gm)]
  return marks.map((mark, i) => splitInput(text.slice(mark.index + mark[0].length, marks[i + 1]?.index)))
}

function readNumbered(text: string): Task[] {
  return [...text.matchAll(/^\d{1,4}\. (\S.*)$/gm)].map((mark) => ({ instruction: mark[1]!.trim(), input: '', output: '' }))
}

/** An instruction, then perhaps `Input: …`, then perhaps `Output: …`, each on lines of their own. */
function splitInput(text: string): Task {
  const before = (label: RegExp): number => (text.search(label) < 0 ? text.length : text.search(label))
  const output = before(/^Output:/m)
  const input = Math.min(before(/^Input:/m), output)
  const part = (from: number, to: number, label: string): string => text.slice(from, to).trim().slice(label.length).trim()
  return { instruction: text.slice(0, input).trim(), input: part(input, output, 'Input:'), output: part(output, text.length, 'Output:') }
}

function readObjects(text: string): Task[] {
  return [...text.matchAll(/^\{"instruction":.*\}$/gm)].flatMap(([line]) => {
    try {
      const { instruction, input = '', output = '' } = JSON.parse(line) as Partial<Task>
      return typeof instruction === 'string' ? [{ instruction, input: String(input), output: String(output) }] : []
    } catch {
      return []
    }
  })
}
