import { rejectionReasons } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { priceShare, reasonWords, whySentence } from './why.ts'

const nearest = { id: 'r01-c0000-i03', is: 'instruction', text: 'Name a tree.', verdict: 'kept', round: 1 } as const
const kept = { verdict: 'kept', reason: null, detail: '', score: 0.625, measure: 'rouge-l', threshold: 0.85, nearest } as const

describe('whySentence', () => {
  it('kept, with the figure and the threshold it stayed below', () =>
    expect(whySentence(kept)).toBe('Kept: its nearest earlier text is unlike enough, ROUGE-L 0.625 with r01-c0000-i03, where up to 0.85 is let pass.'))
  it('kept, like nothing', () =>
    expect(whySentence({ ...kept, score: null, measure: null, nearest: null })).toBe('Kept: no earlier text has anything in common with it.'))
  it('too similar in words and in meaning', () => {
    expect(whySentence({ ...kept, verdict: 'rejected', reason: 'similar', score: 0.91 })).toBe(
      'Rejected: too close to the words of an earlier text, ROUGE-L 0.91 with r01-c0000-i03, above the threshold of 0.85.',
    )
    expect(whySentence({ ...kept, verdict: 'rejected', reason: 'similar-meaning', measure: 'cosine', score: 0.97, threshold: 0.9 })).toBe(
      'Rejected: too close to the meaning of an earlier text, cosine 0.97 with r01-c0000-i03, above the threshold of 0.9.',
    )
  })
  it('a rule, with what exactly, as a sentence', () =>
    expect(whySentence({ ...kept, verdict: 'rejected', reason: 'heuristic', detail: 'length: 2 words' })).toBe(
      'Rejected: it broke a rule of the run. length: 2 words.',
    ))
  it('has words for every reason there is', () => {
    expect(Object.keys(reasonWords).sort()).toEqual([...rejectionReasons].sort())
    for (const reason of rejectionReasons) expect(whySentence({ ...kept, verdict: 'rejected', reason }).length).toBeGreaterThan('Rejected.'.length)
  })
})

describe('priceShare', () => {
  it('is a share of the answer', () => expect(priceShare(0.0001, 0.002, 20)).toBe('5.0 % of its answer, which brought 20 items'))
  it('of one item', () => expect(priceShare(0.002, 0.002, 1)).toBe('100.0 % of its answer, which brought 1 item'))
  it('is unknown where a price is, and of nothing where nothing was paid', () => {
    expect(priceShare(null, 0.1, 3)).toBeUndefined()
    expect(priceShare(0, 0, 3)).toBeUndefined()
  })
})
