import { SediError, type TextGenerator } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import pairwiseJudge from '../evaluators/pairwise-judge.ts'
import { assertSameJudge, type JudgeIdentity } from './judge-identity.ts'
import { judgePromptHash, judgeQuestion } from './judge-prompt.ts'
import { isConsistent, lengthOf, preferenceOf } from './judgement.ts'
import { readVerdict } from './read-verdict.ts'

const reply = (text: string, finishReason: 'stop' | 'length' | 'content-filter' = 'stop') => ({ text, finishReason })

describe('a verdict', () => {
  it.each([
    ['{"reason": "x", "better": "first"}', 'first'],
    ['```json\n{"better": "equal"}\n```', 'equal'],
    ['Here it is: {"reason": "a {brace} inside", "better": "second"} Thank you.', 'second'],
    ['{"better": "first"}\nOn reflection:\n{"better": "second"}', 'second'],
    ['Use {x} here. {"reason": "it says \\"}\\" twice", "better": "equal"}', 'equal'],
    ['<think>{"better": "first"}</think>{"better": "second"}', 'second'],
  ])('%j is %s', (text, verdict) => {
    expect(readVerdict('q1', reply(text))).toBe(verdict)
  })

  it.each([
    ['I prefer the first answer.', 'stop', 'provider-response', 'off-format'],
    ['{"better": "A"}', 'stop', 'provider-response', 'off-format'],
    ['{"better": "first"', 'stop', 'provider-response', 'off-format'],
    ['{"reason": "the first o', 'length', 'output-truncated', 'cut-off'],
    ['', 'content-filter', 'content-refused', 'refused'],
    ['', 'stop', 'provider-response', 'off-format'],
  ] as const)('%j (%s) is none: %s', (text, finishReason, code, reason) => {
    let failure: unknown
    try {
      readVerdict('q1', reply(text, finishReason))
    } catch (error) {
      failure = error
    }
    expect(SediError.is(failure, code)).toBe(true)
    expect(failure).toMatchObject({ details: { reason }, message: expect.stringContaining('q1') })
  })
})

it('both orders make a win, a loss or a tie', () => {
  const of = (shownFirst: 'first' | 'second' | 'equal', shownSecond: 'first' | 'second' | 'equal') => [
    preferenceOf({ shownFirst, shownSecond }),
    isConsistent({ shownFirst, shownSecond }),
  ]
  expect(of('first', 'second')).toEqual([1, true])
  expect(of('second', 'first')).toEqual([0, true])
  expect(of('equal', 'equal')).toEqual([0.5, true])
  for (const [a, b] of [
    ['first', 'first'],
    ['second', 'second'],
    ['first', 'equal'],
    ['equal', 'second'],
  ] as const)
    expect(of(a, b)).toEqual([0.5, false])
  expect(lengthOf('🙂é')).toBe(2)
})

describe('pairwise-judge', () => {
  const judgeThat = (prefers: (question: string) => string) => {
    const asked: string[] = []
    const judge: TextGenerator = {
      specVersion: 1,
      provider: 'test',
      modelId: 'judge',
      async generate({ messages }, { key } = {}) {
        asked.push(key!)
        return { text: prefers(messages.at(-1)!.content), finishReason: 'stop', usage: {}, modelId: 'judge', warnings: [], raw: null }
      },
    }
    return { judge, asked }
  }
  const sample = { id: 'q1', prompt: 'Which?', prediction: 'mine', baseline: 'theirs' }

  it('shows the student’s answer first, then second, and names each question', async () => {
    const { judge, asked } = judgeThat((question) => `{"better": "${question.indexOf('mine') < question.indexOf('theirs') ? 'first' : 'second'}"}`)
    expect(await pairwiseJudge.score(sample, { judge })).toEqual({
      value: 1,
      prediction: 'mine',
      details: { shownFirst: 'first', shownSecond: 'second', lengths: [4, 6] },
    })
    expect(asked).toEqual(['q1/student-first', 'q1/student-second'])
  })

  it('asks nobody about equal answers, and needs a judge and something to compare with', async () => {
    const { judge, asked } = judgeThat(() => 'never')
    expect(await pairwiseJudge.score({ ...sample, baseline: 'mine' }, { judge })).toMatchObject({ value: 0.5 })
    expect(asked).toEqual([])
    await expect(pairwiseJudge.score({ ...sample, baseline: undefined }, { judge })).rejects.toMatchObject({ code: 'invalid-input' })
    await expect(pairwiseJudge.score(sample, {})).rejects.toMatchObject({ code: 'unsupported' })
  })

  it('half a judgement is none', async () => {
    const { judge } = judgeThat((question) => (question.indexOf('mine') < question.indexOf('theirs') ? '{"better": "first"}' : 'Hm.'))
    await expect(pairwiseJudge.score(sample, { judge })).rejects.toMatchObject({ details: { reason: 'off-format' } })
  })
})

it('another judge is one that differs in anything that changes verdicts; the question is part of the hash', () => {
  const judge: JudgeIdentity = { provider: 'openai', model: 'm', promptHash: judgePromptHash, settings: { temperature: 0 } }
  expect(() => assertSameJudge(judge, { ...judge, settings: { temperature: 0 } })).not.toThrow()
  expect(() => assertSameJudge(judge, { ...judge, model: 'n' })).toThrow(/model m and n/)
  expect(() => assertSameJudge(judge, { ...judge, promptHash: 'x' })).toThrow(/promptHash/)
  expect(() => assertSameJudge(judge, { ...judge, settings: { temperature: 0, reasoningEffort: 'high' } })).toThrow(/reasoningEffort \(not set\) and high/)
  expect(judgePromptHash).toMatch(/^[0-9a-f]{64}$/)
  expect(judgeQuestion('I', 'one', 'two').messages[1]!.content).toMatch(/I[\s\S]*one[\s\S]*two/)
})
