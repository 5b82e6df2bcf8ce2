import type { OpenRun } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { carryOn, createTestRun, newStore, providerError, scriptedTrainer, simulatedTeacher, teacherForced, world, wrappedTeacher } from './fixtures/harness.ts'

async function digestOfWholeRun(change: Parameters<typeof carryOn>[1] = {}): Promise<string> {
  const run = await createTestRun(newStore())
  const outcome = await carryOn(run, change)
  expect(outcome).toEqual({ state: 'done', error: undefined })
  const digest = await run.ledger.digest()
  await run.close()
  return digest
}

const undisturbed = digestOfWholeRun()

describe('executeRun', () => {
  it('does every stage of every round and leaves a ledger that adds up', async () => {
    const run = await createTestRun(newStore())
    await carryOn(run, { adapters: { evaluators: [teacherForced] } })
    const { ledger } = run
    expect((await ledger.find('stage')).map(({ round, stage }) => `${round}/${stage}`)).toEqual([
      '0/evaluate',
      ...[1, 2, 3].flatMap((round) => ['generate', 'compose', 'train', 'reseed', 'evaluate'].map((stage) => `${round}/${stage}`)),
    ])
    const totals = await ledger.totals()
    const rejected = Object.values(totals.rejected).reduce((sum, count) => sum + count, 0)
    expect(totals).toMatchObject({ calls: 12, attempts: 12, openAttempts: 0, steps: 24 })
    expect(totals.kept + rejected).toBe(totals.raw)
    const candidates = await ledger.find('candidate')
    expect(candidates.reduce((sum, { costNanoUsd }) => sum + costNanoUsd!, 0)).toBe(totals.settledNanoUsd)
    expect(candidates.map(({ id }) => id)).toEqual(candidates.map(({ id }) => id).sort())
    expect((await ledger.find('eval')).length).toBe(4 * 12)
    expect((await ledger.find('run-state')).map(({ state }) => state)).toEqual(['running', 'done'])
    await run.close()
  })

  it('limits conflicts in the batches of any composer, which gets what it needs, and names a group where they cannot be avoided', async () => {
    const compose = async (batches: Readonly<Record<string, unknown>>): Promise<{ conflicts: number; witness: unknown }> => {
      const run = await createTestRun(newStore())
      const outcome = await carryOn(run, { config: { batches: { size: 6, conflictThreshold: 0.3, ...batches }, rounds: 1 } })
      expect(outcome).toEqual({ state: 'done', error: undefined })
      const conflicts = (await run.ledger.find('batch')).reduce((sum, batch) => sum + batch.conflicts, 0)
      const stage = (await run.ledger.find('stage')).find((one) => one.stage === 'compose')
      await run.close()
      return { conflicts, witness: stage!.summary.conflictWitness }
    }
    expect((await compose({ composer: 'random' })).conflicts).toBeGreaterThan(0)
    for (const composer of ['random', 'round-robin', 'farthest', 'dpp', 'facility']) {
      expect(await compose({ composer, conflictLimit: true })).toEqual({ conflicts: 0, witness: undefined })
    }
    const crowded = await compose({ composer: 'random', conflictLimit: true, conflictThreshold: 0, size: 16 })
    expect(crowded.conflicts).toBeGreaterThan(0)
    expect(crowded.witness).toEqual(expect.arrayContaining([expect.stringMatching(/^r01-c\d+-i\d+$/)]))
  })

  it('gives the same digest whatever the concurrency and the order of arrival', async () => {
    const slowFirst = await wrappedTeacher(async (send) => new Promise((resolve) => setTimeout(resolve, (17 * send) % 23)))
    for (const concurrency of [1, 3, 64]) {
      expect(await digestOfWholeRun({ config: { limits: { concurrency } }, adapters: { generator: slowFirst } })).toBe(await undisturbed)
    }
  })

  it('continues after a failure at any send, to the same digest, asking for no recorded answer again', async () => {
    for (const failing of [1, 2, 5, 9, 12]) {
      const run = await createTestRun(newStore())
      const broken = await wrappedTeacher((send) => {
        if (send === failing) throw providerError('quota-exhausted')
      })
      const first = await carryOn(run, { adapters: { generator: broken }, config: { limits: { concurrency: 2 } } })
      expect(first).toMatchObject({ state: 'paused', error: { code: 'quota-exhausted' } })
      const recorded = (await run.ledger.totals()).calls
      const healthy = await wrappedTeacher(() => {})
      await carryOn(run, { adapters: { generator: healthy } })
      expect(healthy.sent()).toBe(12 - recorded)
      expect(await run.ledger.digest()).toBe(await undisturbed)
      await run.close()
    }
  })

  it('tries again what may succeed later, and records every attempt with its cost', async () => {
    const run = await createTestRun(newStore())
    const notices: string[] = []
    const flaky = await wrappedTeacher((send) => {
      if (send === 1) throw providerError('rate-limited', { retryable: true, retryAfterMs: 5 })
      if (send === 3) throw providerError('timeout', { retryable: true, charged: 'uncertain', retryAfterMs: 1 })
    })
    await carryOn(run, { adapters: { generator: flaky }, onNotice: (message) => notices.push(message) })
    const totals = await run.ledger.totals()
    expect(totals).toMatchObject({ calls: 12, attempts: 14, uncertainAttempts: 1 })
    const [attempt] = await run.ledger.find('attempt')
    expect(totals.uncertainNanoUsd).toBeGreaterThan(0)
    expect(totals.uncertainNanoUsd).toBeLessThanOrEqual(attempt!.reservedNanoUsd! * 2)
    expect(notices.filter((notice) => /Trying again/.test(notice))).toHaveLength(2)
    expect(await run.ledger.digest()).toBe(await undisturbed)
    await run.close()
  })

  it('gives up after maxAttempts, and at once when the provider asks for a very long wait', async () => {
    for (const [error, sends] of [
      [providerError('provider-response', { retryable: true, retryAfterMs: 0 }), 3],
      [providerError('rate-limited', { retryable: true, retryAfterMs: 3_600_000 }), 1],
    ] as const) {
      const run = await createTestRun(newStore())
      const broken = await wrappedTeacher(() => {
        throw error
      })
      const outcome = await carryOn(run, { adapters: { generator: broken }, config: { limits: { concurrency: 1, maxAttempts: 3 } } })
      expect(outcome).toMatchObject({ state: 'paused', error: { code: error.code } })
      expect(broken.sent()).toBe(sends)
      await run.close()
    }
  })

  it('counts a refused prompt as an empty answer and goes on', async () => {
    const run = await createTestRun(newStore())
    const prudish = await wrappedTeacher((send) => {
      if (send === 2) throw providerError('content-refused')
    })
    expect((await carryOn(run, { adapters: { generator: prudish } })).state).toBe('done')
    const refused = (await run.ledger.find('call')).filter(({ finishReason }) => finishReason === 'content-filter')
    expect(refused.map(({ text, costNanoUsd }) => [text, costNanoUsd])).toEqual([['', 0]])
    await run.close()
  })

  it('pauses before the budget is exceeded, and continues when it is raised', async () => {
    const run = await createTestRun(newStore())
    const outcome = await carryOn(run, { config: { budget: { maxCostUsd: 0.02 }, limits: { concurrency: 8 } } })
    expect(outcome).toMatchObject({ state: 'paused', error: { code: 'budget-exhausted' } })
    const paused = await run.ledger.totals()
    expect(paused.calls).toBeGreaterThan(0)
    expect(paused.calls).toBeLessThan(12)
    expect(paused.settledNanoUsd + paused.uncertainNanoUsd + paused.openNanoUsd).toBeLessThanOrEqual(0.02 * 1e9)
    expect((await carryOn(run, { config: { budget: { maxCostUsd: 5 } } })).state).toBe('done')
    expect(await run.ledger.digest()).toBe(await undisturbed)
    await run.close()
  })

  it('a target of kept instructions stops there; answers bought beyond it are surplus, outside pool and digest', async () => {
    const results: { digest: string; surplus: number; kept: number }[] = []
    // The last teacher wants twelve calls at once: it gets as many as it may have at a time, though fewer will do.
    for (const [concurrency, preferredConcurrency] of [
      [1, 1],
      [6, 1],
      [6, 12],
    ] as const) {
      const run = await createTestRun(newStore())
      const generator = { ...(await simulatedTeacher()), preferredConcurrency }
      expect((await carryOn(run, { config: { target: { kept: 90 }, limits: { concurrency } }, adapters: { generator } })).state).toBe('done')
      const calls = await run.ledger.find('call')
      const yields = await run.ledger.find('yield')
      const { kept } = await run.ledger.totals()
      results.push({ digest: await run.ledger.digest(), surplus: calls.length - yields.length, kept })
      await run.close()
    }
    const [alone, six, gathering] = results as [(typeof results)[0], (typeof results)[0], (typeof results)[0]]
    expect([six.digest, gathering.digest]).toEqual([alone.digest, alone.digest])
    expect([alone.surplus, six.surplus]).toEqual([0, 0])
    expect(gathering.surplus).toBeGreaterThan(0)
    expect(alone.kept).toBeGreaterThanOrEqual(90)
    expect(alone.kept).toBeLessThan(90 + 20)
  })

  it('a target of dollars stops when that much is spent', async () => {
    const run = await createTestRun(newStore())
    expect((await carryOn(run, { config: { target: { costUsd: 0.01 }, limits: { concurrency: 4 } } })).state).toBe('done')
    const used = new Set((await run.ledger.find('yield')).map(({ callId }) => callId))
    const spent = (await run.ledger.find('call')).filter(({ callId }) => used.has(callId)).reduce((sum, { costNanoUsd }) => sum + costNanoUsd!, 0)
    expect(spent).toBeGreaterThanOrEqual(0.01e9)
    expect(spent).toBeLessThan(0.014e9)
    await run.close()
  })

  it('pauses when a teacher never writes anything worth keeping and no number of calls ends it', async () => {
    const run = await createTestRun(newStore())
    const useless = {
      ...(await wrappedTeacher(() => {})),
      generate: async () => ({ text: 'no', finishReason: 'stop', usage: { inputTokens: 1, outputTokens: 1 }, modelId: 'm', warnings: [], raw: null }) as const,
    }
    const outcome = await carryOn(run, { adapters: { generator: useless }, config: { target: { kept: 5 } } })
    expect(outcome).toMatchObject({ state: 'paused', error: { code: 'provider-response', message: expect.stringMatching(/20 answers in a row/) } })
    await run.close()
  })

  it('a stop finishes what is in flight, records it, pauses, and resumes to the same digest', async () => {
    const run = await createTestRun(newStore())
    const stop = new AbortController()
    const teacher = await wrappedTeacher(async (send) => {
      if (send === 6) stop.abort()
      await new Promise((resolve) => setTimeout(resolve, 10))
    })
    const outcome = await carryOn(run, { adapters: { generator: teacher }, stop: stop.signal, config: { limits: { concurrency: 3 } } })
    expect(outcome).toMatchObject({ state: 'paused', error: { code: 'aborted' } })
    expect(await run.ledger.totals()).toMatchObject({ calls: teacher.sent(), openAttempts: 0 })
    expect(teacher.sent()).toBeLessThan(12)
    await carryOn(run)
    expect(await run.ledger.digest()).toBe(await undisturbed)
    await run.close()
  })

  it('a stop during training pauses there; finished steps stay and the job is submitted again', async () => {
    const run = await createTestRun(newStore())
    const stop = new AbortController()
    const trainer = scriptedTrainer()
    const slow = {
      ...trainer,
      async *metrics(job: Parameters<NonNullable<typeof trainer.metrics>>[0]) {
        for await (const metric of trainer.metrics!(job)) {
          if (metric.step === 4) stop.abort()
          await new Promise((resolve) => setTimeout(resolve, 5))
          yield metric
        }
      },
    }
    expect(await carryOn(run, { adapters: { trainer: slow }, stop: stop.signal })).toMatchObject({ state: 'paused', error: { code: 'aborted' } })
    const steps = (await run.ledger.totals()).steps
    expect(steps).toBeGreaterThanOrEqual(3)
    expect(steps).toBeLessThan(8)
    await carryOn(run)
    expect(await run.ledger.digest()).toBe(await undisturbed)
    await run.close()
  })

  it('a stop ends what follows a job, and does not wait for a step that does not come; an error ends it as well', async () => {
    const trainer = scriptedTrainer()
    const ends: string[] = []
    type Metrics = NonNullable<typeof trainer.metrics>
    const followed = (behaviour: 'listens' | 'is deaf' | 'lies', stop = new AbortController()) => ({
      stop: stop.signal,
      adapters: {
        trainer: {
          ...trainer,
          async *metrics(job: Parameters<Metrics>[0], call: Parameters<Metrics>[1] = {}) {
            try {
              for await (const metric of trainer.metrics!(job)) {
                yield behaviour === 'lies' ? { ...metric, exampleIds: [] } : metric
                if (metric.step < 3) continue
                setImmediate(() => stop.abort())
                await new Promise((_, reject) => {
                  if (behaviour === 'listens') call.signal!.addEventListener('abort', () => reject(new Error('left')), { once: true })
                })
              }
            } finally {
              ends.push(behaviour)
            }
          },
        },
      },
    })
    const run = await createTestRun(newStore())
    for (const behaviour of ['is deaf', 'listens'] as const) {
      const outcome = await carryOn(run, followed(behaviour))
      expect(outcome).toMatchObject({ state: 'paused', error: { code: 'aborted', message: 'Stopped during training; finished steps are kept.' } })
    }
    expect(await carryOn(run, followed('lies'))).toMatchObject({ state: 'failed', error: { code: 'conflict' } })
    expect(ends).toEqual(['listens', 'lies'])
    await run.close()
  })

  it('pauses on a failed training job and can try the round again', async () => {
    const run = await createTestRun(newStore())
    const outcome = await carryOn(run, { adapters: { trainer: scriptedTrainer({ failAtStep: 12 }) } })
    expect(outcome).toMatchObject({ state: 'paused', error: { message: expect.stringMatching(/r02 .* failed: loss is NaN/) } })
    expect((await run.ledger.totals()).steps).toBe(11)
    await carryOn(run)
    expect(await run.ledger.digest()).toBe(await undisturbed)
    await run.close()
  })

  it('fails, and mixes nothing, when a trainer answers differently the second time or trains on other batches', async () => {
    const different = scriptedTrainer()
    const liar = {
      ...different,
      // It says that it goes on where it stopped, so its steps must be the same.
      capabilities: { ...different.capabilities, resume: true },
      async *metrics(job: Parameters<NonNullable<typeof different.metrics>>[0]) {
        for await (const metric of different.metrics!(job)) yield metric.step === 2 ? { ...metric, loss: 9 } : metric
      },
    }
    const run = await createTestRun(newStore())
    await carryOn(run, { adapters: { trainer: scriptedTrainer({ failAtStep: 5 }) } })
    expect(await carryOn(run, { adapters: { trainer: liar } })).toMatchObject({ state: 'failed', error: { code: 'conflict' } })
    await run.close()

    // One that begins a failed job anew has paid for it again: the first figures stay, and that they differ is said.
    const notices: string[] = []
    const anew = await createTestRun(newStore())
    await carryOn(anew, { adapters: { trainer: scriptedTrainer({ failAtStep: 5 }) } })
    const trainer = { ...liar, capabilities: different.capabilities }
    expect((await carryOn(anew, { adapters: { trainer }, onNotice: (notice) => notices.push(notice) })).state).toBe('done')
    expect((await anew.ledger.find('step', { step: 2 }))[0]!.loss).not.toBe(9)
    expect(notices.join()).toContain('began the job anew and tells other figures of 1 steps; those of the earlier attempt stay')
    await anew.close()

    const shuffled = {
      ...different,
      async *metrics(job: Parameters<NonNullable<typeof different.metrics>>[0]) {
        for await (const metric of different.metrics!(job)) yield { ...metric, exampleIds: [...metric.exampleIds].reverse() }
      },
    }
    const other = await createTestRun(newStore())
    expect(await carryOn(other, { adapters: { trainer: shuffled } })).toMatchObject({
      state: 'failed',
      error: { message: expect.stringMatching(/was not trained on the batch/) },
    })
    await other.close()
  })

  it('without a trainer buys and filters, and says that feedback is off', async () => {
    const run = await createTestRun(newStore())
    expect((await carryOn(run, { adapters: { trainer: undefined } })).state).toBe('done')
    expect(await run.ledger.totals()).toMatchObject({ calls: 12, steps: 0, seedsPromoted: 0 })
    expect((await run.ledger.find('stage', { stage: 'reseed' }))[0]!.summary).toEqual({ feedback: 'off' })
    await run.close()
  })
})

describe('reseeding', () => {
  let finished: Promise<OpenRun> | undefined
  const finishedRun = (): Promise<OpenRun> => {
    finished ??= (async () => {
      const run = await createTestRun(newStore())
      await carryOn(run)
      return run
    })()
    return finished
  }

  it('promotes from the batch with the highest signal of each window, at most one per cluster, and keeps the set’s size', async () => {
    const { ledger } = await finishedRun()
    const steps = await ledger.find('step')
    const promoted = (await ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
    expect(promoted.length).toBeGreaterThan(4)
    for (const event of promoted) {
      const window = steps.filter(({ step }) => step > event.windowEnd! - 4 && step <= event.windowEnd!)
      const best = window.reduce((top, one) => (one.gradNorm! > top.gradNorm! ? one : top))
      expect(event).toMatchObject({ step: best.step, score: best.gradNorm, signal: 'batch-grad-norm' })
      const [batch] = await ledger.find('batch', { step: event.step! })
      expect(batch!.exampleIds).toContain(event.exampleId)
      const siblings = promoted.filter(({ step }) => step === event.step)
      expect(siblings.length).toBeLessThanOrEqual(2)
      expect(new Set(siblings.map(({ exampleId }) => batch!.clusters![batch!.exampleIds.indexOf(exampleId!)])).size).toBe(siblings.length)
    }
    expect(await ledger.totals()).toMatchObject({ seedsPromoted: promoted.length, seedsEvicted: promoted.length })
  })

  it('never promotes a wrong answer when it verifies, and new seeds are shown from the next round on', async () => {
    const { ledger } = await finishedRun()
    const promoted = (await ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
    for (const event of promoted) expect(world.check(event).verdict).not.toBe('wrong')
    for (const call of await ledger.find('call')) {
      for (const seedId of call.seedIds) {
        const [added] = await ledger.find('seed-event', { seedId, action: 'add' })
        expect(added!.round).toBeLessThan(call.round)
      }
    }
  })

  it('evicts the seeds whose children were in the least attractive batches', async () => {
    const { ledger } = await finishedRun()
    const evicted = await ledger.find('seed-event', { action: 'evict', round: 1 })
    expect(evicted.length).toBeGreaterThan(0)
    const norms = new Map((await ledger.find('step', { round: 1 })).map(({ step, gradNorm }) => [step, gradNorm!]))
    const batches = await ledger.find('batch', { round: 1 })
    const calls = await ledger.find('call', { round: 1 })
    const kept = await ledger.find('candidate', { round: 1, verdict: 'kept' })
    const meanOf = (seedId: string): number | undefined => {
      const children = kept.filter(({ callId }) => calls.find((call) => call.callId === callId)!.seedIds.includes(seedId)).map(({ id }) => id)
      const signals = batches.flatMap(({ step, exampleIds }) => exampleIds.filter((id) => children.includes(id)).map(() => norms.get(step)!))
      return signals.length === 0 ? undefined : signals.reduce((sum, value) => sum + value, 0) / signals.length
    }
    const shown = new Set(calls.flatMap(({ seedIds }) => seedIds))
    const means = [...shown].map((seedId) => ({ seedId, mean: meanOf(seedId) })).filter(({ mean }) => mean !== undefined)
    const lowest = means.sort((a, b) => a.mean! - b.mean!).slice(0, evicted.length)
    expect(evicted.map(({ score }) => score)).toEqual(lowest.map(({ mean }) => expect.closeTo(mean!, 10)))
  })

  it('with fixed seeds changes nothing', async () => {
    const run = await createTestRun(newStore())
    await carryOn(run, { config: { seedPolicy: { rule: 'fixed' } } })
    expect(await run.ledger.totals()).toMatchObject({ seedsPromoted: 0, seedsEvicted: 0 })
    await run.close()
  })
})
