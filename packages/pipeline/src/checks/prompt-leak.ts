import { createOverlapIndex, type OverlapIndex } from '@sedi/core'
import { shorten, type Task } from '@sedi/spec'
import { type CheckContext, defineCheck, type Finder, fieldNames } from './check.ts'

const gramWords = 8

/**
 * The prompt’s own rules repeated in a task: eight words in a row that are in the prompt and in none of the seeds it shows. A task that repeats a
 * seed is none of this check’s business: it is too similar. Nothing is found where the prompt is not known.
 */
export default defineCheck({
  id: 'prompt-leak',
  title: 'eight words in a row of the prompt’s own rules',
  defaultMode: 'flag',
  needsPrompt: true,
  create: (): Finder => {
    let known: { readonly context: CheckContext; readonly index: LeakIndex } | undefined
    return (tasks, context) => {
      if (context.prompt.length === 0) return tasks.map(() => undefined)
      if (known?.context !== context) known = { context, index: indexOf(context) }
      const { index } = known
      return tasks.map((task) => leakOf(task, index))
    }
  },
})

type LeakIndex = { readonly prompt: OverlapIndex; readonly seeds: OverlapIndex }

function indexOf({ prompt, seeds }: CheckContext): LeakIndex {
  return {
    prompt: createOverlapIndex(prompt, { gramWords }),
    seeds: createOverlapIndex(
      seeds.flatMap((seed) => fieldNames.map((field) => seed[field])),
      { gramWords, boilerplateItems: Number.POSITIVE_INFINITY },
    ),
  }
}

function leakOf(task: Task, index: LeakIndex): string | undefined {
  for (const field of fieldNames) {
    const text = task[field]
    for (const { start, end, words } of index.prompt.find(text)) {
      const span = text.slice(start, end)
      if (index.seeds.find(span).length === 0) return `${words} words of the prompt in the ${field}: “${clip(span)}”`
    }
  }
  return undefined
}

const clip = (span: string): string => shorten(span, 120).replace(/\s+/g, ' ')
