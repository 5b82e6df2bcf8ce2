import { beforeAll, describe, expect, it } from 'vitest'
import { loadVerbNounParser, type VerbNounParser } from './root-verb-noun.ts'
import { verbNounProfile } from './verb-noun-profile.ts'

let parse: VerbNounParser
beforeAll(async () => {
  parse = await loadVerbNounParser()
})

const said = (text: string): string | null => {
  const pair = parse(text)
  return pair && `${pair.verb} ${pair.noun ?? '–'}`
}

describe('the root verb and its object', () => {
  it.each([
    ['Write a short poem about the autumn sea.', 'write poem'],
    ['WRITE A POEM', 'write poem'],
    ['Sort the parcels by weight.', 'sort parcel'],
    ['List three rivers and name their sources.', 'list river'],
    ['Answer the questions.', 'answer question'],
    ['Count the vowels, then the consonants.', 'count vowel'],
    ['Compose an email to the boss.', 'compose email'],
  ])('%s → %s', (text, expected) => {
    expect(said(text)).toBe(expected)
  })

  it.each([
    ['a leading clause', 'Given a list of numbers, find the largest number.', 'find number'],
    ['a leading participle', 'Using the words below, make a sentence.', 'make sentence'],
    ['a request', 'Can you explain the rule?', 'explain rule'],
    ['a polite word', 'Please rewrite the following sentence in the passive voice.', 'rewrite sentence'],
    ['an indirect object', 'Tell me a joke about cats.', 'tell joke'],
    ['a participle before the noun', 'Test the given code.', 'test code'],
    ['a noun before the noun', 'Design a database schema for a library.', 'design schema'],
    ['a particle', 'Write down the names of two cities.', 'write name'],
    ['a negation', 'Do not sort the words.', 'sort word'],
    ['a modal', 'In this task, you will write a story.', 'write story'],
  ])('passes %s', (_, text, expected) => {
    expect(said(text)).toBe(expected)
  })

  it.each([
    ['Come up with five creative slogans.', 'come –'],
    ['Describe how photosynthesis works.', 'describe –'],
    ['Describe Spain.', 'describe –'],
    ['What is the capital of Spain?', null],
    ['You are given a paragraph. Summarize its main idea.', null],
    ['Poem about the sea', null],
    ['...', null],
    ['', null],
    ['翻訳してください', null],
  ])('%s → %s: no object, or no such verb in the first sentence', (text, expected) => {
    expect(said(text)).toBe(expected)
  })
})

describe('verbNounProfile', () => {
  const pair = (verb: string, noun: string | null) => ({ verb, noun })

  // scipy 1.17.1: stats.entropy([2, 1, 1])
  it('counts pairs; verbs without an object are none', () => {
    const parsed = [pair('write', 'poem'), pair('write', 'poem'), pair('write', 'story'), pair('sort', 'word'), pair('come', null), null, null, null]
    expect(verbNounProfile(parsed)).toEqual({ pairs: 3, entropy: expect.closeTo(1.0397207708399179, 14), top20: 1, found: 0.5 })
  })

  it('top20 is the share of the 20 most frequent', () => {
    const rare = Array.from({ length: 30 }, (_, i) => pair('name', `thing ${i}`))
    expect(verbNounProfile([...rare, pair('name', 'thing 7'), pair('name', 'thing 8')])).toMatchObject({ pairs: 30, top20: 22 / 32 })
  })

  it('is NaN where there is nothing to divide by', () => {
    expect(verbNounProfile([])).toEqual({ pairs: 0, entropy: Number.NaN, top20: Number.NaN, found: Number.NaN })
  })
})
