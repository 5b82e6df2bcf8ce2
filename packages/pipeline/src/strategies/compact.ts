import type { SeedTask } from '@sedi/spec'
import { cleanReply } from '../replies/clean-reply.ts'
import { readShortTasks } from '../replies/read-short-tasks.ts'
import { readTasks } from '../replies/read-tasks.ts'
import { shortTask, shortTaskRules } from './short-form/render.ts'
import type { PromptStrategy } from './strategy.ts'

/**
 * Whole tasks in one call, as `joint` does, in a form with fewer tokens around them: no repeated numbers, no separators, nothing where there is
 * no input, and shorter rules. For answers of a few words it costs less than buying them apart.
 */
export default {
  id: 'compact',
  title: 'One call writes whole tasks, in a short form',
  formats: ['text'],
  stage: 'tasks',
  keptExamples: 0,

  ask(seeds: readonly SeedTask[], { tasksPerCall }) {
    const content = [
      'You write tasks that teach a language model to follow instructions.',
      `Continue the list below with ${tasksPerCall} new tasks, numbered [${seeds.length + 1}] to [${seeds.length + tasksPerCall}].`,
      ...shortTaskRules,
      '- Each ends with a line "Output: ...": correct, complete and short. Keep the form of the list.',
      '',
      ...seeds.map((seed, i) => `${shortTask(i + 1, seed)}\nOutput: ${seed.output}`),
    ].join('\n')
    return { messages: [{ role: 'user', content }] }
  },

  read(reply) {
    const items = readShortTasks(cleanReply(reply.text), reply.finishReason, true)
    if (items.some(({ ok }) => ok)) return items
    const others = readTasks(reply, 'text', ['instruction', 'input', 'output']) // Labels as in Alpaca, or JSON.
    return others.some(({ ok }) => ok) ? others : items
  },
} satisfies PromptStrategy
