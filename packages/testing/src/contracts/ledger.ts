import { join } from 'node:path'
import { type Fact, type FactKind, type Ledger, type OpenRun, type RunStore, SediError } from '@sedi/spec'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { contractTests, type Skips } from './contract-tests.ts'
import { answeredFact, attemptFact, callFact, candidateFact, failedFact, oneOfEach, runFact } from './ledger-facts.ts'

export type LedgerTest =
  | 'gives back every kind of fact as it was recorded'
  | 'keeps facts in order of recording, over all kinds'
  | 'finds by fields, null included'
  | 'records facts together or not at all'
  | 'ignores an equal fact and refuses a different one'
  | 'refuses what cannot be'
  | 'a refused fact does not take its neighbours with it'
  | 'counts what it records, once'
  | 'digest: equal for equal results, whatever the arrival, times and prices'
  | 'digest: different when a result differs'
  | 'budget: refuses what does not fit, exactly at the cap'
  | 'budget: concurrent reservations never exceed the cap'
  | 'budget: settling makes room, an uncertain end does not'
  | 'survives closing and opening'
  | 'turns attempts that a dead process left open into uncertain ones'
  | 'has one writer, and readers beside it'
  | 'reads facts page by page, of one kind and of all'
  | 'reads some fields of many facts, and facts by their numbers'
  | 'adds up scores by group, and follows seeds and examples to where they were used'
  | 'gives back any text'
  | 'is sound after everything, and copies and salvages to the same'
  | 'names a run that is not there, and refuses a name that is taken'
  | 'lists its runs'

export type LedgerContract = {
  readonly name: string
  /** A new, empty store for each test. */
  create(): Promise<RunStore>
  destroy?(store: RunStore): Promise<void>
  readonly skip?: Skips<LedgerTest>
}

/** What every store driver must do. */
export function describeLedgerContract(contract: LedgerContract): void {
  describe(`Ledger: ${contract.name}`, () => {
    let store: RunStore
    let run: OpenRun
    let ledger: Ledger
    beforeEach(async () => {
      store = await contract.create()
      run = await store.create(runFact())
      ledger = run.ledger
    })
    afterEach(async () => {
      await run.close()
      await contract.destroy?.(store)
    })
    const test = contractTests<LedgerTest>(contract.skip)
    const facts = Object.values(oneOfEach).filter(({ kind }) => kind !== 'run')
    const code = async (promise: Promise<unknown>): Promise<string> =>
      promise.then(
        () => 'no error',
        (error: unknown) => (SediError.is(error) ? error.code : String(error)),
      )
    const plain = (recorded: readonly Fact[]): unknown[] => recorded.map((fact) => ({ ...fact, seq: undefined })).map(({ seq: _, ...rest }) => rest)

    async function answer(callId: string, index: number, attempt = 1): Promise<void> {
      await run.budget({ maxCostNanoUsd: undefined }).reserve(attemptFact(callId, attempt))
      await ledger.append([answeredFact(callId, attempt), callFact(callId, index)])
    }

    test('gives back every kind of fact as it was recorded', async () => {
      await ledger.append(facts)
      for (const [kind, fact] of Object.entries(oneOfEach)) {
        const found = await ledger.find(kind as FactKind, kind === 'session' ? { index: 7 } : {})
        expect(plain(found)).toEqual([fact])
      }
    })

    test('keeps facts in order of recording, over all kinds', async () => {
      await Promise.all(facts.map((fact) => ledger.append([fact])))
      const recorded = (await Promise.all(facts.map(({ kind }) => ledger.find(kind)))).flat()
      const order = recorded.filter((fact) => fact.kind !== 'session' || fact.index === 7).sort((a, b) => a.seq - b.seq)
      expect(order.map(({ kind }) => kind)).toEqual(facts.map(({ kind }) => kind))
      expect(new Set(recorded.map(({ seq }) => seq)).size).toBe(recorded.length)
    })

    test('finds by fields, null included', async () => {
      await answer('r01-c0000', 0)
      const rejected = { verdict: 'rejected', reason: 'similar' } as const
      await ledger.append([candidateFact('a', 'r01-c0000'), candidateFact('b', 'r01-c0000', rejected), candidateFact('c', 'r01-c0000')])
      expect((await ledger.find('candidate', { verdict: 'kept' })).map(({ id }) => id)).toEqual(['a', 'c'])
      expect((await ledger.find('candidate', { reason: null, id: 'c' })).map(({ id }) => id)).toEqual(['c'])
      expect(await ledger.find('candidate', { id: 'none' })).toEqual([])
    })

    test('records facts together or not at all', async () => {
      const bad = { ...candidateFact('x', 'no-such-call') }
      expect(await code(ledger.append([{ ...oneOfEach['held-out'], itemId: 'first' }, bad]))).toBe('internal')
      expect(await ledger.find('held-out')).toEqual([])
    })

    test('ignores an equal fact and refuses a different one', async () => {
      await ledger.append(facts)
      const totals = await ledger.totals()
      await ledger.append(facts.map((fact) => ('at' in fact ? { ...fact, at: fact.at + 1000 } : fact)))
      expect(await ledger.totals()).toEqual(totals)
      expect(await code(ledger.append([{ ...oneOfEach.step, loss: 0.5 }]))).toBe('conflict')
      expect(await code(ledger.append([{ ...oneOfEach.candidate, instruction: 'another' }]))).toBe('conflict')
      expect((await ledger.find('step'))[0]!.loss).toBe(1 / 3)
    })

    test('refuses what cannot be', async () => {
      await answer('r01-c0000', 0)
      const impossible: Fact[] = [
        answeredFact('r01-c0009'), // an outcome without its attempt
        { ...candidateFact('a', 'r01-c0000'), reason: 'similar' }, // kept, with a reason to reject
        { ...candidateFact('a', 'r01-c0000'), verdict: 'rejected' }, // rejected without a reason
        { ...oneOfEach.yield, kept: 2 }, // more kept than written
        { ...oneOfEach.step, step: 99 }, // a step without its batch
        { ...oneOfEach.eval, itemId: 'nobody' }, // a score of an unknown item
        { ...oneOfEach['seed-event'], exampleId: null }, // a machine seed from nowhere
        { ...callFact('r01-c0001', 0) }, // two calls in one place
        { ...attemptFact('r01-c0002'), reservedNanoUsd: -1 },
        { ...oneOfEach.batch, exampleIds: [], clusters: [] },
      ]
      for (const fact of impossible) expect([fact.kind, await code(ledger.append([fact]))]).toEqual([fact.kind, 'internal'])
    })

    test('a refused fact does not take its neighbours with it', async () => {
      const item = (itemId: string): Fact => ({ ...oneOfEach['held-out'], itemId })
      const results = await Promise.allSettled([ledger.append([item('a')]), ledger.append([candidateFact('x', 'no-such-call')]), ledger.append([item('b')])])
      expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled'])
      expect((await ledger.find('held-out')).map(({ itemId }) => itemId)).toEqual(['a', 'b'])
    })

    test('counts what it records, once', async () => {
      await answer('r01-c0000', 0)
      await ledger.append([attemptFact('r01-c0001'), failedFact('r01-c0001'), attemptFact('r01-c0001', 2), failedFact('r01-c0001', 2, 'uncertain')])
      await ledger.append([attemptFact('r01-c0002')])
      await ledger.append([candidateFact('a', 'r01-c0000'), candidateFact('b', 'r01-c0000', { verdict: 'rejected', reason: 'heuristic' })])
      expect(await ledger.totals()).toMatchObject({
        calls: 1,
        attempts: 4,
        openAttempts: 1,
        openNanoUsd: 1000,
        uncertainAttempts: 1,
        uncertainNanoUsd: 1000,
        settledNanoUsd: 400,
        unpricedCalls: 0,
        inputTokens: 10,
        outputTokens: 20,
        raw: 2,
        kept: 1,
        rejected: { heuristic: 1, similar: 0, malformed: 0, truncated: 0, contaminated: 0 },
      })
    })

    test('digest: equal for equal results, whatever the arrival, times and prices', async () => {
      const other = await store.create(runFact('run-2'))
      const yields = (target: Ledger, ids: readonly string[]) =>
        target.append(ids.flatMap((callId) => [candidateFact(`${callId}-i00`, callId), { kind: 'yield', callId, round: 1, raw: 1, kept: 1 }] as Fact[]))
      await answer('r01-c0000', 0)
      await answer('r01-c0001', 1)
      await yields(ledger, ['r01-c0000', 'r01-c0001'])
      for (const [index, callId] of [
        [1, 'r01-c0001'],
        [0, 'r01-c0000'],
        [2, 'r01-c0002'],
      ] as const) {
        await other.ledger.append([attemptFact(callId, 1), failedFact(callId, 1), attemptFact(callId, 2, null), answeredFact(callId, 2, null)])
        await other.ledger.append([{ ...callFact(callId, index, null), at: 99, latencyMs: 99 }])
      }
      await other.ledger.append(
        ['r01-c0000', 'r01-c0001'].flatMap(
          (callId) => [candidateFact(`${callId}-i00`, callId, { costNanoUsd: null }), { kind: 'yield', callId, round: 1, raw: 1, kept: 1 }] as Fact[],
        ),
      )
      expect(await other.ledger.digest()).toBe(await ledger.digest())
      await other.close()
    })

    test('digest: different when a result differs', async () => {
      const seen = new Set([await ledger.digest()])
      await ledger.append([oneOfEach['held-out'], oneOfEach.attempt, oneOfEach.outcome, oneOfEach.call])
      for (const kind of ['candidate', 'yield', 'batch', 'step', 'seed-event', 'eval'] as const) {
        await ledger.append([oneOfEach[kind]])
        seen.add(await ledger.digest())
      }
      expect(seen.size).toBe(7)
    })

    test('budget: refuses what does not fit, exactly at the cap', async () => {
      const budget = run.budget({ maxCostNanoUsd: 2000 })
      expect(await budget.reserve(attemptFact('r01-c0000'))).toMatchObject({ granted: true, committedNanoUsd: 1000, openNanoUsd: 1000, othersNanoUsd: 0 })
      expect(await budget.reserve(attemptFact('r01-c0001'))).toMatchObject({ granted: true, committedNanoUsd: 2000, openNanoUsd: 2000, othersNanoUsd: 0 })
      expect(await budget.reserve(attemptFact('r01-c0002', 1, 1))).toMatchObject({
        granted: false,
        committedNanoUsd: 2000,
        openNanoUsd: 2000,
        othersNanoUsd: 0,
      })
      expect(await code(budget.reserve({ ...attemptFact('r01-c0003'), reservedNanoUsd: null }))).toBe('invalid-config')
      expect(await ledger.find('attempt')).toHaveLength(2)
    })

    test('budget: concurrent reservations never exceed the cap', async () => {
      const budget = run.budget({ maxCostNanoUsd: 10_500 })
      const decisions = await Promise.all(Array.from({ length: 50 }, (_, i) => budget.reserve(attemptFact(`c${i}`))))
      expect(decisions.filter(({ granted }) => granted)).toHaveLength(10)
      expect((await ledger.totals()).openNanoUsd).toBe(10_000)
    })

    test('budget: settling makes room, an uncertain end does not', async () => {
      const budget = run.budget({ maxCostNanoUsd: 1500 })
      await budget.reserve(attemptFact('r01-c0000'))
      await ledger.append([answeredFact('r01-c0000'), callFact('r01-c0000', 0)])
      expect((await budget.reserve(attemptFact('r01-c0001'))).granted).toBe(true)
      await ledger.append([failedFact('r01-c0001', 1, 'uncertain')])
      expect(await budget.reserve(attemptFact('r01-c0001', 2))).toMatchObject({ granted: false, committedNanoUsd: 1400, openNanoUsd: 0 })
    })

    test('survives closing and opening', async () => {
      await ledger.append(facts)
      const [digest, totals] = [await ledger.digest(), await ledger.totals()]
      await run.close()
      run = await store.open('run-1')
      ledger = run.ledger
      expect([await ledger.digest(), await ledger.totals()]).toEqual([digest, totals])
      await ledger.append([{ ...oneOfEach['held-out'], itemId: 'later' }])
      const items = await ledger.find('held-out')
      expect(items.at(-1)!.seq).toBeGreaterThan(items[0]!.seq)
    })

    test('turns attempts that a dead process left open into uncertain ones', async () => {
      await ledger.append([attemptFact('r01-c0000', 1, 700), attemptFact('r01-c0001', 1, null)])
      await run.close()
      run = await store.open('run-1')
      ledger = run.ledger
      expect((await ledger.find('outcome')).map(({ callId, result, charged, costNanoUsd }) => [callId, result, charged, costNanoUsd])).toEqual([
        ['r01-c0000', 'unknown', 'uncertain', 700],
        ['r01-c0001', 'unknown', 'uncertain', null],
      ])
      expect(await ledger.totals()).toMatchObject({ openAttempts: 0, openNanoUsd: 0, uncertainAttempts: 2, uncertainNanoUsd: 700 })
    })

    test('has one writer, and readers beside it', async () => {
      expect(await code(store.open('run-1'))).toBe('conflict')
      const reader = await store.read('run-1')
      await ledger.append([oneOfEach['held-out']])
      expect(await reader.find('held-out')).toHaveLength(1)
      await reader.close()
    })

    test('reads facts page by page, of one kind and of all', async () => {
      await answer('r01-c0000', 0)
      const many = Array.from({ length: 4001 }, (_, i) => candidateFact(`i${i}`, 'r01-c0000', i % 2 === 0 ? {} : { verdict: 'rejected', reason: 'malformed' }))
      await ledger.append(many)
      const kept: string[] = []
      for await (const { id } of ledger.scan('candidate', { verdict: 'kept' })) kept.push(id)
      expect(kept).toEqual(many.filter(({ verdict }) => verdict === 'kept').map(({ id }) => id))
      const seqs: number[] = []
      for await (const { seq } of ledger.facts()) seqs.push(seq)
      expect(seqs).toEqual(Array.from({ length: seqs.length }, (_, i) => i + 1))
      expect(seqs.length).toBeGreaterThanOrEqual(many.length + 4)
      expect(await ledger.last()).toBe(seqs.length)
      for (const after of [1999, 2000, seqs.length - 1, seqs.length]) {
        const later = (await Array.fromAsync(ledger.facts(after))).map(({ seq }) => seq)
        expect(later).toEqual(seqs.slice(after))
      }
      const last = (await ledger.find('candidate', { verdict: 'kept' })).at(-2)!
      expect((await Array.fromAsync(ledger.scan('candidate', { verdict: 'kept' }, last.seq))).map(({ id }) => id)).toEqual(['i4000'])
    })

    test('reads some fields of many facts, and facts by their numbers', async () => {
      await answer('r01-c0000', 0)
      const many = Array.from({ length: 4001 }, (_, i) => candidateFact(`i${i}`, 'r01-c0000', i % 2 === 0 ? {} : { verdict: 'rejected', reason: 'malformed' }))
      await ledger.append(many)
      const pages = await Array.fromAsync(ledger.columns('candidate', ['id', 'reason', 'flags']))
      expect(pages.length).toBeGreaterThan(1)
      const rows = pages.flat()
      expect(rows.map(({ seq: _, ...fields }) => fields)).toEqual(many.map(({ id, reason, flags }) => ({ id, reason, flags })))
      expect((await Array.fromAsync(ledger.columns('candidate', ['id'], rows.at(-2)!.seq))).flat()).toEqual([{ seq: rows.at(-1)!.seq, id: 'i4000' }])
      expect(await Array.fromAsync(ledger.columns('candidate', ['id'], rows.at(-1)!.seq))).toEqual([])
      const [some, call] = [[rows[4000]!.seq, rows[7]!.seq], (await ledger.find('call'))[0]!]
      expect((await ledger.at('candidate', [some[0]!, call.seq, 1e9, some[1]!])).map(({ id }) => id)).toEqual(['i4000', 'i7'])
      expect(await ledger.at('call', [call.seq])).toEqual([call])
      const odd = 'nul \u0000, escape \u001b0, “quotes”'
      await ledger.append([candidateFact('odd', 'r01-c0000', { instruction: odd, flags: [{ check: 'c', detail: odd }] })])
      const [[last]] = (await Array.fromAsync(ledger.columns('candidate', ['instruction', 'flags'], rows.at(-1)!.seq))) as [[object]]
      expect(last).toMatchObject({ instruction: odd, flags: [{ check: 'c', detail: odd }] })
    })

    test('adds up scores by group, and follows seeds and examples to where they were used', async () => {
      await answer('r01-c0000', 0)
      await answer('r01-c0001', 1)
      const other = { verdict: 'rejected', reason: 'malformed' } as const
      const yielded = (callId: string, raw: number): Fact => ({ kind: 'yield', callId, round: 1, raw, kept: 1 })
      await ledger.append([candidateFact('a', 'r01-c0000'), candidateFact('b', 'r01-c0000', other), yielded('r01-c0000', 2)])
      await ledger.append([candidateFact('c', 'r01-c0001'), yielded('r01-c0001', 1)])
      const batch = (step: number, exampleIds: readonly string[]): Fact => ({
        ...oneOfEach.batch,
        step,
        exampleIds,
        clusters: null,
        diversity: 0.25,
        conflicts: 1,
      })
      await ledger.append([batch(1, ['a']), batch(2, ['c', 'a']), { ...oneOfEach.step, step: 1, gradNorm: 1 }, { ...oneOfEach.step, step: 2, gradNorm: 4 }])
      const item = (itemId: string, group: string): Fact => ({ ...oneOfEach['held-out'], itemId, group })
      const score = (itemId: string, value: number): Fact => ({ ...oneOfEach.eval, itemId, value })
      await ledger.append([item('x', 'dates'), item('y', 'dates'), item('z', 'lists'), score('x', 1), score('y', 0.5), score('z', 0)])
      expect(await ledger.scores()).toEqual([
        { round: 1, evaluator: 'exact-match', group: 'dates', items: 2, total: 1.5, ones: 1, zeros: 0 },
        { round: 1, evaluator: 'exact-match', group: 'lists', items: 1, total: 0, ones: 0, zeros: 1 },
      ])
      expect(await ledger.offspring('seed-001')).toEqual({ children: 3, kept: 2, meanGradNorm: (1 + 4 + 4) / 3 })
      expect(await ledger.offspring('nobody')).toEqual({ children: 0, kept: 0, meanGradNorm: null })
      expect((await ledger.batchesOf('a')).map(({ step }) => step)).toEqual([1, 2])
      expect(await ledger.totals()).toMatchObject({
        batches: 2,
        meanBatchDiversity: 0.25,
        batchConflicts: 2,
        rounds: [{ round: 1, calls: 2, filtered: 2, batchExamples: 3 }],
      })
    })

    test('gives back any text', async () => {
      const texts = ['', ' ', '\u0000', 'a\u0000b', '\u2028\u2029', '\r\n', '"quoted" \\', '😀漢字', '\ufeffbom', 'x'.repeat(20_000)]
      await ledger.append(texts.map((reference, i) => ({ ...oneOfEach['held-out'], itemId: `t${i}`, reference })))
      expect((await ledger.find('held-out')).map(({ reference }) => reference)).toEqual(texts)
      const lone = { ...oneOfEach['held-out'], itemId: 'lone', reference: 'half \ud83d of a pair' }
      await ledger.append([lone])
      await ledger.append([lone]) // the same again is still the same
      expect((await ledger.find('held-out', { itemId: 'lone' }))[0]!.reference).toBe('half \ufffd of a pair')
    })

    test('is sound after everything, and copies and salvages to the same', async () => {
      await ledger.append(facts)
      const all = await Array.fromAsync(ledger.facts())
      expect(await store.check('run-1')).toMatchObject({ facts: all.length, damage: [] })
      const copy = join(run.folder, 'copy')
      await store.backup('run-1', copy)
      const reader = await store.read(copy)
      expect(await Array.fromAsync(reader.facts())).toEqual(all)
      await reader.close()
      const salvage = await store.salvage('run-1')
      expect(salvage).toMatchObject({ found: all.length, recorded: all.length, missing: [] })
      expect(await Array.fromAsync(salvage.facts())).toEqual(all)
      salvage.close()
      await run.close()
      const totals = await ledgerTotals()
      await store.rebuild('run-1')
      expect(await ledgerTotals()).toEqual(totals)
      run = await store.open('run-1')
    })

    async function ledgerTotals(): Promise<unknown> {
      const reader = await store.read('run-1')
      const seen = [await reader.totals(), await reader.scores(), await reader.digest(), await reader.offspring('seed-001')]
      await reader.close()
      return seen
    }

    test('names a run that is not there, and refuses a name that is taken', async () => {
      expect(await code(store.open('nobody'))).toBe('not-found')
      expect(await code(store.read('nobody'))).toBe('not-found')
      expect(await code(store.create(runFact()))).toBe('conflict')
    })

    test('lists its runs', async () => {
      await ledger.append([{ ...oneOfEach['run-state'], state: 'running' }])
      expect(await store.list()).toMatchObject([{ runId: 'run-1', state: 'running', recipe: 'sedi', totals: { calls: 0 } }])
      await run.close()
      expect(await store.list()).toMatchObject([{ state: 'interrupted' }])
      run = await store.open('run-1')
    })
  })
}
