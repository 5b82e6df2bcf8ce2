import { rougeL } from '@sedi/core'
import type { FactKind, FactOf } from '@sedi/spec'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finishedRun, trainedConfig } from '../fixtures/small-run.ts'
import { type Explanation, explain, renderExplanation } from './explain.ts'
import type { HeldRun } from './open-run.ts'

let run: HeldRun
beforeAll(async () => {
  run = await finishedRun(trainedConfig())
})
afterAll(() => run.close())

const facts = <K extends FactKind>(kind: K, where?: Partial<FactOf<K>>) => run.ledger.find(kind, where)

async function explained<K extends Explanation['kind']>(id: string, kind: K): Promise<Extract<Explanation, { kind: K }> & { readonly text: string }> {
  const explanation = await explain(run.ledger, id)
  expect(explanation.kind).toBe(kind)
  return { ...(explanation as Extract<Explanation, { kind: K }>), text: renderExplanation(explanation) }
}

describe('an instruction', () => {
  it('kept: its task, call, parents, nearest text and every step that trained on it', async () => {
    const batches = await facts('batch')
    const [candidate] = (await facts('candidate', { verdict: 'kept' })).filter(
      ({ id, nearestId }) => nearestId !== null && batches.some(({ exampleIds }) => exampleIds.indexOf(id) > 0),
    )
    const { id, instruction, callId, nearestId, nearestScore } = candidate!
    const { call, parents, nearest, trainedIn, text } = await explained(id, 'instruction')
    expect(call.callId).toBe(callId)
    expect(parents.map(({ seedId }) => seedId)).toEqual(call.seedIds)
    expect(rougeL(instruction, nearest!.text)).toBe(nearestScore)
    expect(trainedIn.map(({ batch }) => batch.step)).toEqual(batches.filter(({ exampleIds }) => exampleIds.includes(id)).map(({ step }) => step))
    for (const { batch, step, loss } of trainedIn) {
      const [own] = await facts('step', { step: batch.step })
      expect([step, loss]).toEqual([own, own!.exampleLosses![batch.exampleIds.indexOf(id)]])
    }
    expect(text).toMatch(new RegExp(`^${id} · kept\n  instruction {3}`))
    for (const { seedId } of parents) expect(text).toMatch(new RegExp(`written from {2}${seedId} \\(human\\): `))
    expect(text).toContain(`nearest       ${nearestId}, ROUGE-L ${nearestScore!.toFixed(4)}: `)
    expect(text).toContain(`trained on    step ${trainedIn[0]!.batch.step} (round ${trainedIn[0]!.batch.round}, one of 8): gradient norm `)
  })

  it('never hands a terminal what a model wrote as a command', async () => {
    const [similar] = await facts('candidate', { reason: 'similar' })
    const { text: _, ...explanation } = await explained(similar!.id, 'instruction')
    const candidate = { ...explanation.candidate, instruction: 'Clear\u001b[2J it', detail: '\u001b]0;title\u0007', output: '\u009b31m' }
    const text = renderExplanation({ ...explanation, candidate })
    expect(text).toContain('Clear?[2J it')
    expect(/[^\P{Cc}\n]/u.test(text)).toBe(false)
  })

  it('too similar: to what, and how much above the threshold', async () => {
    const [similar] = await facts('candidate', { reason: 'similar' })
    const { nearest, trainedIn, text } = await explained(similar!.id, 'instruction')
    expect(rougeL(similar!.instruction, nearest!.text)).toBe(similar!.nearestScore)
    expect(similar!.nearestScore).toBeGreaterThan(run.config.filter.threshold)
    expect(trainedIn).toEqual([])
    expect(text).toMatch(new RegExp(`^${similar!.id} · rejected: similar\n`))
    expect(text).toContain(`too similar to ${similar!.nearestId}, ROUGE-L ${similar!.nearestScore!.toFixed(4)}: `)
    expect(text).not.toContain('trained on')
  })

  it('malformed: what was wrong, and what it cost all the same', async () => {
    const [broken] = await facts('candidate', { reason: 'malformed' })
    const { text } = await explained(broken!.id, 'instruction')
    expect(text).toMatch(new RegExp(`^${broken!.id} · rejected: malformed\n  why {11}\\S`))
    expect(text).toMatch(/for \$0\.000\d{3} of the call’s price/)
  })
})

it('a call: price, prompt seeds, attempts, and every item it brought', async () => {
  const [call] = await facts('call')
  const { candidates, attempts, text } = await explained(call!.callId, 'call')
  expect(candidates).toEqual(await facts('candidate', { callId: call!.callId }))
  expect(attempts).toEqual([`attempt 1: answered, cost $${(call!.costNanoUsd! / 1e9).toFixed(6)}`])
  expect(text.split('\n')).toHaveLength(3 + attempts.length + candidates.length)
  expect(text).toContain(`seeds shown   ${call!.seedIds.join(', ')}`)
})

it('an id nobody knows: not-found, and what ids look like', async () => {
  await expect(explain(run.ledger, 'r99-c0000')).rejects.toMatchObject({ code: 'not-found', message: expect.stringMatching(/“r99-c0000”.*r01-c0000-i00/) })
})
