import { describe, expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import { createOverlapIndex } from './overlap-index.ts'
import { overlapWords } from './overlap-words.ts'

const words = (text: string): string[] => overlapWords(text).map(({ word }) => word)

describe('overlapWords', () => {
  it.each([
    ['Don’t PANIC,\n R2-D2!', ['don', 't', 'panic', 'r2', 'd2']],
    ["don't", ['don', 't']],
    ['Ｆｕｌｌ ﬁne', ['full', 'fine']],
    ['大きな猫 cats', ['大', 'き', 'な', '猫', 'cats']],
    ['Привет, мир', ['привет', 'мир']],
    ['', []],
    ['… — !', []],
  ])('%j', (text, wanted) => expect(words(text)).toEqual(wanted))

  it('says where each word stands', () => {
    const text = 'İki kedi 😀 var'
    expect(overlapWords(text).map(({ start, end }) => text.slice(start, end))).toEqual(['İki', 'kedi', 'var'])
  })
})

describe('createOverlapIndex', () => {
  it('gives the example of its documentation', () => {
    expect(createOverlapIndex(['the cat sat on the mat'], { gramWords: 3 }).find('A cat sat on it')).toEqual([
      { item: 0, words: 3, start: 2, end: 12, covered: 0.5 },
    ])
  })

  it('follows an overlap to its end, through other case, layout and punctuation', () => {
    const index = createOverlapIndex(['Nothing here.', 'A train leaves the station at nine and arrives in the city at noon. How long is the trip?'])
    const text = 'Solve: a TRAIN leaves the station\nat nine — and arrives in the city at midnight.'
    const [overlap, ...others] = index.find(text)
    expect(others).toEqual([])
    expect(overlap).toMatchObject({ item: 1, words: 13, covered: 13 / 19 })
    expect(text.slice(overlap!.start, overlap!.end)).toBe('a TRAIN leaves the station\nat nine — and arrives in the city at')
  })

  it('sees nothing shorter than its runs, and nothing in short or empty items', () => {
    const index = createOverlapIndex(['one two three four five six seven', '', 'one two three four five six seven eight'])
    expect(index.find('one two three four five six seven nine')).toEqual([])
    expect(index.find('')).toEqual([])
    expect(index.find('one two three four five six seven eight').map(({ item }) => item)).toEqual([2])
    expect(createOverlapIndex([]).find('one two three four five six seven eight')).toEqual([])
  })

  it('takes what stands in more than ten items for boilerplate', () => {
    const template = 'Read the passage and answer the question with yes or no.'
    const passages = Array.from({ length: 11 }, (_, i) => `${template} Passage ${i} tells of many unusual and different things that number ${i} saw.`)
    const find = (count: number) => createOverlapIndex(passages.slice(0, count)).find(template)
    expect(find(10)).toHaveLength(10)
    expect(find(11)).toEqual([])
    expect(createOverlapIndex(passages).find(passages[4]!)[0]).toMatchObject({ item: 4 })
  })

  it('agrees with a plain search on random texts', () => {
    const rng = createRng(1, 'overlap')
    const text = (length: number): string[] => Array.from({ length }, () => 'abcde'[rng.int(5)]!)
    for (let round = 0; round < 60; round++) {
      const items = Array.from({ length: 4 }, () => text(rng.int(25)))
      const candidate = text(30)
      const found = createOverlapIndex(
        items.map((item) => item.join(' ')),
        { gramWords: 4 },
      ).find(candidate.join(' '))
      // Which items share a run of four words is exact; of items that repeat themselves the length may be smaller.
      const longest = items.map((item) => longestCommonRun(item, candidate))
      expect(found.map(({ item }) => item).sort()).toEqual([...longest.keys()].filter((i) => longest[i]! >= 4))
      for (const { item, words, start, end, covered } of found) {
        expect(words).toBeLessThanOrEqual(longest[item]!)
        const run = candidate.join(' ').slice(start, end)
        expect(run.split(' ')).toHaveLength(words)
        expect(items[item]!.join(' ')).toContain(run)
        expect(covered).toBeGreaterThanOrEqual(words / items[item]!.length)
        expect(covered).toBeLessThanOrEqual(1)
      }
    }
  })

  it('reads long repetitive texts in proportion to their length', () => {
    const repeated = 'a '.repeat(50_000)
    expect(
      createOverlapIndex([repeated, repeated])
        .find(repeated)
        .map(({ item }) => item),
    ).toEqual([0, 1])
  })
})

function longestCommonRun(a: readonly string[], b: readonly string[]): number {
  let best = 0
  for (let i = 0; i < a.length; i++) {
    for (let j = 0; j < b.length; j++) {
      let length = 0
      while (i + length < a.length && j + length < b.length && a[i + length] === b[j + length]) length++
      best = Math.max(best, length)
    }
  }
  return best
}
