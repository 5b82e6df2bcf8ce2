import { createRng, type Rng } from '@sedi/core'
import type { Task } from '@sedi/spec'
import { writeItem } from '../item.ts'
import type { Kind } from '../kind.ts'
import type { Values } from '../wording.ts'
import { explained } from './explanation.ts'
import type { Habits } from './habits.ts'
import { reworded } from './rewording.ts'
import { wrongAnswer } from './wrong-answer.ts'

/** The teacher's answer to operands of a kind: wrong as often as its settings say, with an explanation where it gives one. */
export function answerOf(kind: Kind, values: Values, habits: Habits, rng: Rng, errorRate = habits.settings.wrongAnswers): string {
  const { settings, worldSeed } = habits
  const errorRng = rng.next() < settings.consistentErrors ? createRng(worldSeed, 'error', kind.key(values)) : rng
  const plain = errorRng.next() < errorRate ? wrongAnswer(kind, values, errorRng) : kind.answer(values)
  // Nothing is drawn where nothing is reworded or explained: worlds without stay what they were.
  const answer = settings.rewordings > 0 && rng.next() < settings.rewordings ? reworded(plain, rng) : plain
  return settings.explanations > 0 && rng.next() < settings.explanations ? explained(answer, rng) : answer
}

/** An answer to somebody's task. To one of no known kind: a sentence of its own words. */
export function answerTask(task: { readonly instruction: string; readonly input: string }, habits: Habits, rng: Rng): string {
  const found = habits.universe.recognise(task)
  if (found !== undefined) return answerOf(found.kind, found.values, habits, rng)
  const words = [...new Set(`${task.instruction} ${task.input}`.match(/[A-Za-z]{4,}/g) ?? [])]
  if (words.length === 0) return 'There is nothing to do here.'
  return `About ${rng.sample(words, 3).join(', ').toLowerCase()}: it depends on what is meant.`
}

/** An input for an instruction that came without one, and the answer. Of an unknown kind: no input. */
export function completeTask(instruction: string, habits: Habits, rng: Rng): Task {
  const found = habits.universe.recogniseInstruction(instruction)
  const values = found?.kind.complete(found.values, rng)
  if (found === undefined || values === undefined) return { instruction, input: '', output: answerTask({ instruction, input: '' }, habits, rng) }
  const { kind, wording, chosen } = found
  const { input } = writeItem({ kind, wording, chosen, values, style: rng.next(), prefix: '', suffix: '' })
  return { instruction, input, output: answerOf(kind, values, habits, rng) }
}

/** Whether the teacher takes an instruction for a classification task. */
export function isClassification(instruction: string, habits: Habits, rng: Rng): boolean {
  const isOne = habits.universe.recogniseInstruction(instruction)?.kind.family === 'classification'
  return rng.next() < habits.settings.wrongAnswers ? !isOne : isOne
}
