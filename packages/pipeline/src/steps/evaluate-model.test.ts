import type { Evaluator } from '@sedi/spec'
import { SediError } from '@sedi/spec'
import { expect, it } from 'vitest'
import { carryOn, createTestRun, newStore, scriptedTrainer, teacherForced } from '../fixtures/harness.ts'

const config = { rounds: 1, target: { calls: 2 }, seedPolicy: { rule: 'fixed' } }

/** An evaluator that fails on every third item, as `failure` says. */
function failing(failure: () => unknown): Evaluator {
  let asked = 0
  return {
    ...teacherForced,
    async score() {
      if (asked++ % 3 === 0) throw failure()
      return { value: 1 }
    },
  }
}

const run = async (evaluator: Evaluator) => {
  const opened = await createTestRun(newStore())
  const outcome = await carryOn(opened, { config, adapters: { evaluators: [evaluator], trainer: scriptedTrainer() } })
  return { ...outcome, ledger: opened.ledger }
}

it.each([
  ['throws', () => new TypeError('cannot read this item'), 'internal'],
  ['cannot be read', () => new SediError('provider-response', 'no verdict', { details: { reason: 'off-format' } }), 'off-format'],
])('an item on which an evaluator %s has no score, is named, and does not stop the run', async (_, failure, reason) => {
  const { state, ledger } = await run(failing(failure))
  expect(state).toBe('done')
  const scores = await ledger.find('eval', { round: 1 })
  expect([scores.length, scores.every(({ value }) => value === 1)]).toEqual([8, true])
  const [stage] = (await ledger.find('stage', { stage: 'evaluate' })).filter(({ round }) => round === 1)
  expect(stage!.summary).toMatchObject({ mean: { 'exact-match': 1 }, items: 12, warning: expect.stringContaining('exact-match 4 of 12') })
  const { failed } = stage!.summary as { failed: Record<string, { itemId: string; reason: string }[]> }
  expect(failed['exact-match']!.map((one) => one.reason)).toEqual(Array(4).fill(reason))
  const named = new Set(failed['exact-match']!.map(({ itemId }) => itemId))
  expect(scores.some(({ itemId }) => named.has(itemId))).toBe(false)
})

it('a score that is no number is no score', async () => {
  const { ledger } = await run({ ...teacherForced, score: async ({ id }) => ({ value: id.endsWith('1') ? Number.NaN : 0.5 }) })
  const scores = await ledger.find('eval', { round: 1 })
  expect(scores.every(({ value }) => value === 0.5)).toBe(true)
  const heldOut = (await ledger.find('held-out')).map(({ itemId }) => itemId)
  expect(heldOut.filter((id) => !scores.some(({ itemId }) => itemId === id))).toEqual(heldOut.filter((id) => id.endsWith('1')))
  expect(heldOut.some((id) => id.endsWith('1'))).toBe(true)
})

it('what concerns all items, and a round without any score, pauses the run', async () => {
  const busy = await run(failing(() => new SediError('rate-limited', 'slow down', { retryable: true })))
  expect([busy.state, busy.error?.code]).toEqual(['paused', 'rate-limited'])
  const none = await run({ ...teacherForced, score: () => Promise.reject(new Error('never')) })
  expect([none.state, none.error?.code]).toEqual(['paused', 'invalid-input'])
  expect(none.error!.message).toContain('none of 12 items')
})
