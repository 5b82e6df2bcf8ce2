import type { CallFact } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { createEmptyAnswers } from './empty-answers.ts'

const answer = (text: string, finishReason: CallFact['finishReason'] = 'length') => ({
  callId: 'r01-c0000',
  text,
  finishReason,
  usage: { outputTokens: 50, reasoningTokens: 50 },
  request: { messages: [], maxOutputTokens: 50 },
})

describe('createEmptyAnswers', () => {
  it('stops at the third answer in a row that is nothing but thoughts, and says what to do', () => {
    const { seen } = createEmptyAnswers()
    expect([seen(answer('')), seen(answer(' \n'))]).toEqual([undefined, undefined])
    const error = seen(answer(''))!
    expect([error.code, error.retryable]).toEqual(['output-truncated', false])
    expect(error.message).toMatch(/50 of them on reasoning.*maxOutputTokens.*reasoningEffort/)
  })

  it('begins anew with every answer that has words, and with refusals', () => {
    const { seen } = createEmptyAnswers()
    const all = [answer(''), answer(''), answer('words'), answer(''), answer(''), answer('', 'content-filter'), answer(''), answer('', 'stop'), answer('')]
    expect(all.map(seen)).toEqual(all.map(() => undefined))
  })
})
