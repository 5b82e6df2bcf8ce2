import type { SeedTask, Task } from '@sedi/spec'
import { readClassification, readInstance } from '../replies/read-instance.ts'
import { readInstructions } from '../replies/read-instructions.ts'
import { askForInstance, askWhetherClassification, examplesBytes } from './staged/questions.ts'
import type { FollowUps, PromptOptions, PromptStrategy, Question } from './strategy.ts'

/**
 * Self-Instruct in its three steps (yizhongw/self-instruct @0b26cca, `bootstrap_instructions.py`, `identify_clf_or_not.py`,
 * `generate_instances.py`), prompts in our words: instructions only, continuing a list of six human ones and two of the run's own; for
 * each that passes the filter, whether it is a classification task; then one instance: label first for classification, so that labels
 * are not all the same, input first otherwise.
 *
 * Where this differs from the source: one instance per instruction instead of up to five; a list that hits its length limit loses its
 * last task instead of all; no presence penalty.
 */
export default {
  id: 'staged',
  title: 'Instructions, then classification test, then instances (Self-Instruct)',
  formats: ['text'],
  stage: 'instructions',
  keptExamples: 2,

  ask: askForInstructions,
  read: (reply) => readInstructions(reply, 'text'),

  followUps: {
    groupSize: () => 1,
    next([task], [classification, instance]) {
      if (classification === undefined) return { stage: 'classify', ...askWhetherClassification(task!) }
      const labelFirst = readClassification(classification)
      if (instance === undefined) return { stage: 'instance', ...askForInstance(task!, labelFirst) }
      return { finished: [readInstance(instance, task!, labelFirst)] }
    },
    bounds: () => [
      { stage: 'classify', promptBytes: examplesBytes.classification, maxOutputTokens: 3 },
      { stage: 'instance', promptBytes: Math.max(examplesBytes.inputFirst, examplesBytes.labelFirst), maxOutputTokens: 350 },
    ],
  } satisfies FollowUps,
} satisfies PromptStrategy

function askForInstructions(shown: readonly SeedTask[], { tasksPerCall }: PromptOptions): Question {
  const first = shown.length + 1
  const end = shown.length + tasksPerCall
  const content = [
    `Here is a list of tasks for somebody who reads and writes text. Continue it with ${tasksPerCall} new tasks, numbered ${first} to ${end}: one line each, the instruction only.`,
    '',
    ...shown.map((task: Task, i) => `${i + 1}. ${task.instruction.replace(/\s+/g, ' ').trim()}`),
  ].join('\n')
  return { messages: [{ role: 'user', content }], stop: [`\n${end + 1}.`, `\n${end + 1} .`] }
}
