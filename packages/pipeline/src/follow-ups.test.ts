import { type GenerateRequest, type OpenRun, roundOfPlace, type TextGenerator } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { type Change, carryOn, createTestRun, newStore, providerError, simulatedTeacher } from './fixtures/harness.ts'

const base = { trainer: { id: 'none' }, target: { calls: 6 }, rounds: 2, filter: { threshold: 0.85 } }
const configs = {
  staged: { ...base, prompt: { strategy: 'staged', seedsPerPrompt: 8, tasksPerCall: 7 } },
  'instruction-first': { ...base, prompt: { strategy: 'instruction-first', tasksPerCall: 8, answersPerCall: 3 } },
  'instruction-first, one by one': { ...base, prompt: { strategy: 'instruction-first', tasksPerCall: 6, answersPerCall: 1, format: 'json' } },
} as const

type Ask = (request: GenerateRequest, send: number) => unknown
const isQuestion = ({ messages }: GenerateRequest): boolean => /^(Answer|A classification task|For each)/.test(messages[0]!.content)

/** The simulated teacher; `meddle` may wait, throw, or replace a part of its answer. */
async function teacher(meddle: Ask = () => {}): Promise<TextGenerator & { readonly sent: () => number }> {
  const simulated = await simulatedTeacher()
  let sent = 0
  return {
    ...simulated,
    sent: () => sent,
    async generate(request, call) {
      const changed = (await meddle(request, ++sent)) as object | undefined
      return { ...(await simulated.generate(request, call)), ...changed }
    },
  }
}

async function started(change: Change): Promise<{ readonly run: OpenRun; readonly state: string }> {
  const run = await createTestRun(newStore())
  const { state } = await carryOn(run, { ...change, adapters: { trainer: undefined, ...change.adapters } })
  return { run, state }
}

async function digestOf(run: OpenRun): Promise<string> {
  const digest = await run.ledger.digest()
  await run.close()
  return digest
}

describe.each(Object.entries(configs))('%s', (_, config) => {
  const undisturbed = started({ config }).then(({ run }) => digestOf(run))

  it('buys what is missing only for what passes the filter, in a ledger that adds up', async () => {
    const { run, state } = await started({ config })
    expect(state).toBe('done')
    const [calls, candidates, yields, totals] = [
      await run.ledger.find('call'),
      await run.ledger.find('candidate'),
      await run.ledger.find('yield'),
      await run.ledger.totals(),
    ]
    const questions = calls.filter(({ parentId }) => parentId !== null)
    const byId = new Map(candidates.map((candidate) => [candidate.id, candidate]))
    expect(calls.length - questions.length).toBe(6)
    expect(questions.length).toBeGreaterThan(5)
    expect(totals).toMatchObject({ calls: calls.length, followUpCalls: questions.length })
    for (const { parentId, callId, stage } of questions) {
      expect(callId).toBe(`${parentId}-${stage}`)
      expect(['kept', 'unanswered']).toContain(byId.get(parentId!)!.reason ?? 'kept')
    }
    expect(candidates.map(({ id }) => id)).toEqual(candidates.map(({ id }) => id).sort())
    expect(yields.map(({ callId }) => callId)).toEqual(yields.map(({ callId }) => callId).sort())
    expect(candidates.reduce((sum, { costNanoUsd }) => sum + costNanoUsd!, 0)).toBe(totals.settledNanoUsd)
    for (const { verdict, output } of candidates) expect(verdict === 'kept').toBe(output !== '')
    expect(totals.kept).toBeGreaterThan(10)
    await run.close()
  })

  it('gives the same digest whatever the concurrency and the order of arrival', async () => {
    const late = await teacher((_request, send) => new Promise((resolve) => setTimeout(resolve, (17 * send) % 11)))
    for (const concurrency of [1, 4, 16]) {
      const { run } = await started({ config: { ...config, limits: { concurrency } }, adapters: { generator: late } })
      expect(await digestOf(run)).toBe(await undisturbed)
    }
  })

  it('continues after a failure at any send, to the same digest, asking for no recorded answer again', async () => {
    const whole = await started({ config })
    const sends = (await whole.run.ledger.totals()).calls
    await whole.run.close()
    for (const failing of [2, Math.floor(sends / 2), sends]) {
      const broken = await teacher((_request, send) => {
        if (send === failing) throw providerError('quota-exhausted')
      })
      const { run, state } = await started({ config: { ...config, limits: { concurrency: 3 } }, adapters: { generator: broken } })
      expect(state).toBe('paused')
      const recorded = (await run.ledger.totals()).calls
      const healthy = await teacher()
      expect((await carryOn(run, { config, adapters: { trainer: undefined, generator: healthy } })).state).toBe('done')
      expect(healthy.sent()).toBe(sends - recorded)
      expect(await digestOf(run)).toBe(await undisturbed)
    }
  })

  it('keeps to the budget, whatever is asked later', async () => {
    const whole = await started({ config })
    const { settledNanoUsd } = await whole.run.ledger.totals()
    await whole.run.close()
    const maxCostUsd = (0.6 * settledNanoUsd) / 1e9
    const generator = { id: 'simulated', maxOutputTokens: 400, price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } }
    const { run, state } = await started({ config: { ...config, generator, budget: { maxCostUsd } } })
    const totals = await run.ledger.totals()
    expect([state, totals.settledNanoUsd + totals.uncertainNanoUsd <= maxCostUsd * 1e9]).toEqual(['paused', true])
    expect((await carryOn(run, { config, adapters: { trainer: undefined } })).state).toBe('done')
    expect(await digestOf(run)).toBe(await undisturbed)
  })

  it('stops at a target of kept instructions, with no question asked beyond it', async () => {
    const results: unknown[] = []
    for (const concurrency of [1, 8]) {
      const { run } = await started({ config: { ...config, target: { kept: 20 }, limits: { concurrency } } })
      const filtered = new Set((await run.ledger.find('yield')).map(({ callId }) => callId))
      const questions = (await run.ledger.find('call')).filter(({ parentId }) => parentId !== null)
      expect(questions.every(({ parentId }) => filtered.has(parentId!.split('-i')[0]!))).toBe(true)
      expect((await run.ledger.totals()).kept).toBeGreaterThanOrEqual(20)
      results.push(await digestOf(run))
    }
    expect(results[0]).toBe(results[1])
  })
})

describe('answers that do not come', () => {
  const config = { ...configs['instruction-first, one by one'], target: { calls: 12 }, filter: { threshold: 0.6 } }

  it.each([
    ['refused', { text: '', finishReason: 'content-filter' as const }, /refused/],
    ['empty', { text: ' \n' }, /empty/],
    ['cut off', { finishReason: 'length' as const }, /length limit/],
  ])('%s: the candidate is unanswered, and still counts as an earlier text', async (_, reply, why) => {
    const stingy = await teacher((request) => (isQuestion(request) ? reply : undefined))
    const { run } = await started({ config, adapters: { generator: stingy } })
    const candidates = await run.ledger.find('candidate')
    const unanswered = candidates.filter(({ reason }) => reason === 'unanswered')
    expect(candidates.some(({ verdict }) => verdict === 'kept')).toBe(false)
    expect(unanswered.length).toBeGreaterThan(10)
    for (const { detail, output } of unanswered) expect([why.test(detail), output]).toEqual([true, ''])
    const known = new Set(unanswered.map(({ id }) => id))
    expect(candidates.some(({ reason, nearestId }) => reason === 'similar' && known.has(nearestId!))).toBe(true)
    await run.close()
  })

  it('a refused question is one of those', async () => {
    const prudish = await teacher((request) => {
      if (isQuestion(request)) throw providerError('content-refused')
    })
    const { run, state } = await started({ config, adapters: { generator: prudish } })
    expect([state, (await run.ledger.totals()).kept]).toEqual(['done', 0])
    await run.close()
  })

  it('restored after a restart, an unanswered text still counts: the digest is that of an undisturbed run', async () => {
    const stingy: Ask = (request) => (isQuestion(request) && request.seed! % 3 === 0 ? { text: '' } : undefined)
    const whole = await started({ config, adapters: { generator: await teacher(stingy) } })
    expect((await whole.run.ledger.totals()).rejected.unanswered).toBeGreaterThan(2)
    const broken = await teacher((request, send) => {
      if (send > 25) throw providerError('quota-exhausted')
      return stingy(request, send)
    })
    const { run } = await started({ config, adapters: { generator: broken } })
    await carryOn(run, { config, adapters: { trainer: undefined, generator: await teacher(stingy) } })
    expect(await digestOf(run)).toBe(await digestOf(whole.run))
  })
})

it('does not let the next lists wait for answers to the last one', async () => {
  const order: string[] = []
  const slow = await teacher(async (request) => {
    order.push(isQuestion(request) ? 'question' : 'list')
    if (isQuestion(request)) await new Promise((resolve) => setTimeout(resolve, 40))
  })
  const config = { ...configs['instruction-first'], rounds: 1, limits: { concurrency: 64 } }
  const { run } = await started({ config, adapters: { generator: slow } })
  // With room for all, every list is sent before the first answer is back.
  expect(order.slice(0, 6)).toEqual(Array(6).fill('list'))
  await run.close()
})

it('shows two instructions of earlier rounds beside the seeds, none in the first', async () => {
  const { run } = await started({ config: configs.staged })
  for (const { round, seedIds } of (await run.ledger.find('call')).filter(({ parentId }) => parentId === null)) {
    const kept = seedIds.filter((id) => !id.startsWith('seed-'))
    expect(seedIds).toHaveLength(8)
    expect(kept).toHaveLength(round === 1 ? 0 : 2)
    for (const id of kept) expect(roundOfPlace(id)).toBeLessThan(round)
  }
  await run.close()
})

it('buys no answer to more tasks than it asked for', async () => {
  const simulated = await simulatedTeacher()
  const generous: TextGenerator = {
    ...simulated,
    async generate(request, call) {
      const messages = request.messages.map((message) => ({ ...message, content: message.content.replace('with 8 new tasks', 'with 12 new tasks') }))
      return simulated.generate({ ...request, messages }, call)
    },
  }
  const { run } = await started({ config: configs['instruction-first'], adapters: { generator: generous } })
  const extra = (await run.ledger.find('candidate')).filter(({ id }) => Number(id.slice(-2)) >= 8)
  expect(extra.length).toBeGreaterThan(10)
  for (const { verdict, detail } of extra) expect([verdict, detail]).toEqual(['rejected', expect.stringMatching(/asked for 8|length limit|empty/)])
  await run.close()
})
