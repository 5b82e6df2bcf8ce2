import { createRng, type Rng } from '@sedi/core'
import type { Message, Task } from '@sedi/spec'
import { countTokens, firstTokens } from '../count-tokens.ts'
import { type Item, writeItem } from '../item.ts'
import type { Recognised } from '../recognise.ts'
import type { Universe } from '../universe.ts'
import { answerOf, answerTask, completeTask, isClassification } from './answer-task.ts'
import { anchoredItem, nearCopy } from './draft-item.ts'
import { createHabits, type Habits } from './habits.ts'
import { lexicalItem } from './lexical-item.ts'
import { remarks } from './malformed-task.ts'
import { type PromptReading, readPrompt } from './read-prompt.ts'
import type { TeacherSettings } from './teacher-settings.ts'
import { writeAnswers, writeList } from './write-list.ts'

export type TeachRequest = {
  readonly messages: readonly Message[]
  /** The reply is cut after this many tokens (see countTokens). */
  readonly maxOutputTokens: number
  readonly seed: number
  /** Accepted and without effect: the teacher's variety is a setting of the world. */
  readonly temperature?: number | undefined
  /** The reply ends before the first of these. */
  readonly stop?: readonly string[] | undefined
}

export type TeachReply = {
  readonly text: string
  readonly finishReason: 'stop' | 'length'
  readonly usage: { readonly inputTokens: number; readonly outputTokens: number }
}

type Example = { readonly task: Task; readonly found: Recognised | undefined; readonly isWrong: boolean }

const greetings = ['Sure! Here are the tasks you asked for:', 'Here is the continued list.', 'Of course, the new tasks follow below.', 'Continuing the list:']

/** A teacher of a universe with the habits of one world. Its reply is a pure function of the universe, the world seed, the settings, the messages and the request's seed. */
export function createTeacher(universe: Universe, worldSeed: number, settings: TeacherSettings): (request: TeachRequest) => TeachReply {
  const habits = createHabits(universe, worldSeed, settings)
  return ({ messages, maxOutputTokens, seed, stop = [] }) => {
    const rng = createRng(worldSeed, 'teach', seed, ...messages.flatMap(({ role, content }) => [role, content]))
    const whole = writeReply(messages, habits, rng)
    const stopped = stop.filter((sequence) => sequence !== '').reduce((text, sequence) => text.split(sequence, 1)[0]!, whole)
    const text = firstTokens(stopped, maxOutputTokens)
    const inputTokens = messages.reduce((sum, { content }) => sum + countTokens(content), 0)
    return { text, finishReason: text.length < stopped.length ? 'length' : 'stop', usage: { inputTokens, outputTokens: countTokens(text) } }
  }
}

function writeReply(messages: readonly Message[], habits: Habits, rng: Rng): string {
  const { settings } = habits
  const prompt = readPrompt(messages)
  switch (prompt.wants) {
    case 'tasks':
    case 'instructions':
      return writeTasks(prompt, habits, rng)
    case 'answers': {
      const answers = prompt.tasks.map((task) => ({
        answer: answerTask(task, habits, rng),
        isBroken: prompt.form !== 'plain' && rng.next() < settings.malformed,
      }))
      return writeAnswers(answers, prompt.form, rng)
    }
    case 'classification':
      return isClassification(prompt.instruction, habits, rng) ? ' Yes' : ' No'
    case 'instance': {
      const { input, output } = completeTask(prompt.instruction, habits, rng)
      if (rng.next() < settings.malformed) return rng.pick(remarks)
      return prompt.labelFirst ? ` ${output}\nInput: ${input || '<noinput>'}` : ` ${input || '<noinput>'}\nOutput: ${output}`
    }
  }
}

function writeTasks(prompt: Extract<PromptReading, { wants: 'tasks' | 'instructions' }>, habits: Habits, rng: Rng): string {
  const { settings, universe } = habits
  const examples = prompt.examples.map((task) => (prompt.form === 'numbers' ? bareExample(task, universe) : wholeExample(task, universe)))
  const between = prompt.form === 'labels' ? '\n###\n' : '\n\n'
  const opening = rng.next() < settings.greetings ? `${rng.pick(greetings)}${between}` : ''
  const draw = () => ({ task: writeTask(examples, habits, rng), isBroken: rng.next() < settings.malformed })
  return opening + writeList(draw, prompt, rng)
}

function wholeExample(task: Task, { recognise, check }: Universe): Example {
  return { task, found: recognise(task), isWrong: task.output !== '' && check(task).verdict === 'wrong' }
}

/** Of an instruction that is shown without its input, the missing operands are anybody's guess. */
function bareExample(task: Task, { recogniseInstruction }: Universe): Example {
  const found = recogniseInstruction(task.instruction)
  const values = found?.kind.complete(found.values, createRng(0, task.instruction))
  return { task, found: found === undefined || values === undefined ? undefined : { ...found, values }, isWrong: false }
}

function writeTask(examples: readonly Example[], habits: Habits, rng: Rng): Task {
  const { settings, universe } = habits
  const example = examples.length > 0 && rng.next() < settings.anchoring ? rng.pick(examples) : undefined
  if (example !== undefined && example.found === undefined) {
    const others = examples.filter((other) => other !== example).map((other) => other.task)
    const task = lexicalItem(example.task, others, rng)
    // Swapped words could by chance make a task of this world with an answer of another: then the habits speak.
    if (task.instruction !== '' && (task.output !== '' || example.task.output === '') && universe.recognise(task) === undefined) return task
  }
  const item = clear(draft(example?.found, habits, rng), universe)
  const errorRate = example?.isWrong ? settings.inheritErrors : settings.wrongAnswers
  return { ...writeItem(item), output: answerOf(item.kind, item.values, habits, rng, errorRate) }
}

function draft(example: Recognised | undefined, habits: Habits, rng: Rng): Item {
  if (example !== undefined) return anchoredItem(example, habits, rng)
  return rng.next() < habits.settings.selfRepetition ? nearCopy(habits.favourite(rng), habits, rng) : habits.item(rng)
}

/** The item, without what is said around it if that (copied from an example) would make it read as another task. */
function clear(item: Item, { recognise }: Universe): Item {
  const found = recognise(writeItem(item))
  const isClear =
    found !== undefined && found.kind.id === item.kind.id && !found.wording.reserved && found.kind.key(found.values) === item.kind.key(item.values)
  return isClear ? item : { ...item, prefix: '', suffix: '' }
}
