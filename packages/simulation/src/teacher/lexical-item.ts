import type { Rng } from '@sedi/core'
import type { Task } from '@sedi/spec'
import { goods, objects } from '../lexicons.ts'

const mostSwaps = 3
const longestOutputWords = 60
const functionWords = new Set(
  'about after against among because been before being below between could does each every following from given have into just like make more most must only other over same should some such than that their them then there these they this those through using very want what when where which while will with would write your'.split(
    ' ',
  ),
)

/**
 * A task in the image of an example of no known kind: its shape and nearly all of its words, with one to three content words
 * swapped for words of the other examples or of this world. A word is swapped for the same word everywhere, so that the answer
 * still looks like one.
 */
export function lexicalItem(example: Task, others: readonly Task[], rng: Rng): Task {
  const offered = [...others.flatMap((other) => contentWords(other.instruction)), ...rng.sample([...goods, ...objects], 6)]
  const swapped = rng.sample(contentWords(`${example.instruction} ${example.input}`), 1 + rng.int(mostSwaps))
  const swaps = new Map(swapped.map((word) => [word, rng.pick(offered)]))
  const swap = (text: string): string => text.replace(/[A-Za-z]+/g, (word) => swaps.get(word) ?? word)
  const output = example.output.split(/\s+/).slice(0, longestOutputWords).join(' ')
  return { instruction: swap(example.instruction).replace(/\s+/g, ' ').trim(), input: swap(example.input), output: swap(output) }
}

function contentWords(text: string): string[] {
  return [...new Set(text.match(/\b[a-z]{4,}\b/g) ?? [])].filter((word) => !functionWords.has(word))
}
