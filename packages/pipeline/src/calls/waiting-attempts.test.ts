import { type GenerateResult, SediError, type TextGenerator } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { carryOn, createTestRun, newStore, simulatedTeacher } from '../fixtures/harness.ts'
import { waitingAttempts } from './waiting-attempts.ts'

type Asked = { readonly key: string; readonly rejoin: boolean }

/** A provider that keeps its work: nothing is answered until `open` is set; meanwhile it can only be left. */
type Keeper = TextGenerator & { open: boolean; readonly asked: Asked[]; readonly cancelled: string[] }

async function createKeeper(): Promise<Keeper> {
  const teacher = await simulatedTeacher()
  const bought = new Map<string, GenerateResult>()
  const keeper: Keeper = {
    ...teacher,
    recovery: 'rejoin',
    preferredConcurrency: 100,
    open: false,
    asked: [],
    cancelled: [],
    async generate(request, { key = '', rejoin = false, signal } = {}) {
      keeper.asked.push({ key, rejoin })
      bought.set(key, await teacher.generate(request))
      if (keeper.open) return bought.get(key)!
      return new Promise((_, reject) => {
        const leave = (): void => reject(new SediError('aborted', 'it goes on', { details: { rejoin: true } }))
        if (signal?.aborted) leave()
        signal?.addEventListener('abort', leave)
      })
    },
    async cancel(keys) {
      keeper.cancelled.push(...keys)
      return new Map(keys.map((key, i) => [key, i === 0 ? bought.get(key)! : new SediError('aborted', 'not begun', { details: { charged: 'none' } })]))
    },
  }
  return keeper
}

const config = { target: { calls: 6 }, rounds: 2, trainer: { id: 'none' }, limits: { concurrency: 16 } }

async function stoppedRun() {
  const store = newStore()
  const run = await createTestRun(store)
  const generator = await createKeeper()
  const stop = new AbortController()
  const notices: string[] = []
  const carrying = carryOn(run, { config, adapters: { generator, trainer: undefined }, stop: stop.signal, onNotice: (message) => void notices.push(message) })
  while (generator.asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
  stop.abort()
  return { store, run, generator, notices, outcome: await carrying }
}

describe('attempts that go on at a provider', () => {
  it('stay open when the run is stopped, and are said', async () => {
    const { run, outcome, notices } = await stoppedRun()
    expect(outcome).toMatchObject({ state: 'paused', error: { code: 'aborted', message: 'it goes on' } })
    expect(await waitingAttempts(run.ledger)).toHaveLength(3)
    expect(await run.ledger.totals()).toMatchObject({ openAttempts: 3, uncertainAttempts: 0, calls: 0 })
    expect(notices.join()).toMatch(/^3 requests go on at the provider\. “sedi resume run”/)
  })

  it('are continued by the next process: the same keys, no second attempt, no second reservation', async () => {
    const { store, run, generator } = await stoppedRun()
    const before = (await run.ledger.totals()).openNanoUsd
    await run.close()
    const again = await store.open('run')
    expect((await again.ledger.totals()).openNanoUsd).toBe(before)
    const first = generator.asked.splice(0)
    expect(first.every(({ rejoin }) => !rejoin)).toBe(true)
    generator.open = true
    const outcome = await carryOn(again, { config, adapters: { generator, trainer: undefined } })
    expect(outcome.state).toBe('done')
    expect(generator.asked.slice(0, 3)).toEqual(first.map(({ key }) => ({ key, rejoin: true })))
    expect(generator.asked.slice(3).every(({ rejoin }) => !rejoin)).toBe(true)
    expect((await again.ledger.find('attempt')).map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1, 1, 1])
    expect(await again.ledger.totals()).toMatchObject({ attempts: 6, calls: 6, openAttempts: 0, openNanoUsd: 0, uncertainAttempts: 0 })
  })

  it('are ended when the run is cancelled: answers are recorded as answers, at their price', async () => {
    const run = await createTestRun(newStore())
    const generator = await createKeeper()
    const cancel = new AbortController()
    const carrying = carryOn(run, { config, adapters: { generator, trainer: undefined }, stop: cancel.signal, cancel: cancel.signal })
    while (generator.asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    cancel.abort()
    expect((await carrying).state).toBe('cancelled')
    expect(generator.cancelled).toEqual(generator.asked.map(({ key }) => key))
    const [answer] = await run.ledger.find('call')
    expect(answer).toMatchObject({ callId: 'r01-c0000', stage: 'tasks', index: 0 })
    expect(answer!.costNanoUsd).toBeGreaterThan(0)
    expect(await run.ledger.totals()).toMatchObject({ calls: 1, openAttempts: 0, uncertainAttempts: 0, settledNanoUsd: answer!.costNanoUsd })
  })

  it('keep a run from being cancelled while their provider cannot say what it charged', async () => {
    const run = await createTestRun(newStore())
    const generator = await createKeeper()
    generator.cancel = async () => {
      throw new SediError('provider-response', 'no connection')
    }
    const cancel = new AbortController()
    const carrying = carryOn(run, { config, adapters: { generator, trainer: undefined }, stop: cancel.signal, cancel: cancel.signal })
    while (generator.asked.length < 3) await new Promise((resolve) => setTimeout(resolve, 5))
    cancel.abort()
    expect(await carrying).toMatchObject({ state: 'paused', error: { message: expect.stringMatching(/not cancelled yet.*no connection/) } })
    expect(await waitingAttempts(run.ledger)).toHaveLength(3)
  })
})
