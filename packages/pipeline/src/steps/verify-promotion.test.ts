import type { Task } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { verifyPromotion } from './verify-promotion.ts'

const sound: Task = { instruction: 'Name a river that flows north.', input: '', output: 'The Nile' }
const refused = (change: Partial<Task>, evidence: Partial<Parameters<typeof verifyPromotion>[1]> = {}) =>
  verifyPromotion({ ...sound, ...change }, { flags: [], verifier: undefined, ...evidence })

describe('verifyPromotion', () => {
  it('lets a sound instruction pass', async () => {
    expect(await refused({})).toBeUndefined()
  })

  it.each<[string, Partial<Task>, RegExp]>([
    ['no output', { output: ' ' }, /empty/],
    ['three words', { instruction: 'Name a river' }, /3 words/],
    ['151 words', { instruction: 'word '.repeat(151) }, /151 words/],
    ['an output that repeats the input', { input: 'Nile', output: ' Nile' }, /repeats the input/],
    ['a refusal', { output: 'I’m sorry, but I cannot help with that.' }, /^refusal/],
  ])('refuses %s', async (_, change, why) => {
    expect(await refused(change)).toMatch(why)
  })

  it('refuses what a check flagged, naming every check', async () => {
    const flags = [
      { check: 'pii', detail: 'an e-mail address in the input' },
      { check: 'garbled', detail: 'a control character in the output' },
    ]
    expect(await refused({}, { flags })).toBe('pii: an e-mail address in the input; garbled: a control character in the output')
  })

  it('refuses what the verifier knows to be wrong, and nothing that it does not know', async () => {
    const verifierOf = (verdict: 'right' | 'wrong' | 'unknown') => ({
      verifier: { specVersion: 1 as const, id: 'v', verify: async () => ({ verdict, reason: 'it is the Rhine' }) },
    })
    expect(await refused({}, verifierOf('wrong'))).toBe('the answer is wrong: it is the Rhine')
    expect(await refused({}, verifierOf('unknown'))).toBeUndefined()
    expect(await refused({}, verifierOf('right'))).toBeUndefined()
  })
})
