import { createRng, type Rng } from '@sedi/core'
import { createZipf, makeWords, type Script } from './vocabulary.ts'

/** What can be measured on; all made here, the same for the same seed. */
export const corpusNames = ['instructions', 'template', 'tiny-vocabulary', 'non-english'] as const
export type CorpusName = (typeof corpusNames)[number]

/**
 * - instructions: 28 % fresh lines, 72 % edits of an earlier one (edit rate 0 to 0.55). Words follow Zipf and half the time their
 *   predecessor, lengths are log-normal with median 13.
 * - template: every line begins with one of three templates of 13 to 18 words, 80 % with the same; 6 to 14 words follow.
 * - tiny-vocabulary: 10 to 23 words out of 64, uniformly. No word is rare.
 * - non-english: as instructions, in Cyrillic. rouge_score sees no word of it.
 */
export function createCorpus(name: CorpusName, count: number, seed = 1): Iterable<string> {
  const rng = createRng(seed, 'corpus', name)
  switch (name) {
    case 'instructions':
      return stream(count, rng, 'latin')
    case 'non-english':
      return stream(count, rng, 'cyrillic')
    case 'template':
      return templated(count, rng)
    case 'tiny-vocabulary':
      return tiny(count, rng)
  }
}

type Line = readonly number[]

/** Earlier lines an edit may start from. Up to a million the choice is uniform over all. */
const remembered = 1 << 20
const vocabularySize = 80_000

function* stream(count: number, rng: Rng, script: Script): Generator<string> {
  const words = makeWords(vocabularySize, script, rng)
  const writer = createWriter(rng)
  const lines: Line[] = []
  for (let i = 0; i < count; i++) {
    const line = i > 0 && rng.next() < 0.72 ? edited(lines[rng.int(lines.length)]!, writer, rng) : writer.fresh()
    if (lines.length < remembered) lines.push(line)
    else lines[i % remembered] = line
    yield spell(line, words)
  }
}

function* templated(count: number, rng: Rng): Generator<string> {
  const words = makeWords(vocabularySize, 'latin', rng)
  const writer = createWriter(rng)
  const templates = [13, 15, 18].map((length) => writer.line(length))
  for (let i = 0; i < count; i++) {
    const template = templates[rng.next() < 0.8 ? 0 : 1 + rng.int(2)]!
    yield spell([...template, ...writer.line(6 + rng.int(9))], words)
  }
}

function* tiny(count: number, rng: Rng): Generator<string> {
  const words = makeWords(64, 'latin', rng)
  for (let i = 0; i < count; i++) {
    yield spell(
      Array.from({ length: 10 + rng.int(14) }, () => rng.int(64)),
      words,
    )
  }
}

function createWriter(rng: Rng) {
  const unigram = createZipf(vocabularySize, 2.7, 1.05)
  /** A word is followed, half the time, by one of a few words that are its own; which, depends on the word alone. */
  const successors = new Map<number, Int32Array>()
  function successorsOf(word: number): Int32Array {
    const known = successors.get(word)
    if (known !== undefined) return known
    const own = createRng(word, 'successors')
    const made = Int32Array.from({ length: 12 }, () => unigram(own))
    successors.set(word, made)
    return made
  }
  function line(length: number): number[] {
    const made = [unigram(rng)]
    while (made.length < length) {
      const own = successorsOf(made.at(-1)!)
      made.push(rng.next() < 0.5 ? own[Math.min(rng.int(12), rng.int(12))]! : unigram(rng))
    }
    return made
  }
  const fresh = (): number[] => line(Math.max(3, Math.min(120, Math.round(13 * Math.exp(0.55 * gaussian(rng))))))
  return { line, fresh, word: () => unigram(rng) }
}

/** Each word is replaced, left out or followed by another one at a rate drawn for the line; some lines have a part moved. */
function edited(line: Line, writer: { word(): number }, rng: Rng): Line {
  const rate = 0.55 * rng.next()
  const made: number[] = []
  for (const word of line) {
    const action = rng.next()
    if (action < rate / 3) made.push(writer.word())
    else if (action < (2 * rate) / 3) continue
    else if (action < rate) made.push(word, writer.word())
    else made.push(word)
  }
  if (made.length < 3 || made.length > 120) return line
  if (rng.next() < 0.15) {
    const part = made.splice(rng.int(made.length), 1 + rng.int(4))
    made.splice(rng.int(made.length + 1), 0, ...part)
  }
  return made
}

function spell(line: Line, words: readonly string[]): string {
  let text = ''
  for (const word of line) text += text === '' ? words[word] : ` ${words[word]}`
  return `${text}.`
}

function gaussian(rng: Rng): number {
  return Math.sqrt(-2 * Math.log(1 - rng.next())) * Math.cos(2 * Math.PI * rng.next())
}
