import type { Budget, OpenRun, RunStore } from '@sedi/spec'
import { afterEach, beforeEach, describe, expect } from 'vitest'
import { contractTests, type Skips } from './contract-tests.ts'
import { answeredFact, attemptFact, callFact, failedFact, runFact } from './ledger-facts.ts'

export type SharedBudgetTest =
  | 'counts all runs of one name, exactly to the cap'
  | 'counts nobody else'
  | 'holds each run to its own cap, against what all have committed'
  | 'settling makes room for the others, an uncertain end does not'
  | 'concurrent reservations of several runs never exceed the cap'
  | 'a run that ended stays counted at its worst, also when it is opened again'
  | 'joining later counts what was committed before'
  | 'what was committed under a name stays there when the run takes another one'
  | 'a refused attempt leaves no trace'

export type SharedBudgetContract = {
  readonly name: string
  /** A new, empty store for each test. */
  create(): Promise<RunStore>
  destroy?(store: RunStore): Promise<void>
  readonly skip?: Skips<SharedBudgetTest>
}

/** What a store must do about a budget that several of its runs share. Each attempt reserves 1000 unless said otherwise. */
export function describeSharedBudgetContract(contract: SharedBudgetContract): void {
  describe(`Shared budget: ${contract.name}`, () => {
    let store: RunStore
    let runs: OpenRun[] = []
    beforeEach(async () => {
      store = await contract.create()
      runs = []
    })
    afterEach(async () => {
      for (const run of runs) await run.close()
      await contract.destroy?.(store)
    })
    const test = contractTests<SharedBudgetTest>(contract.skip)

    async function begin(runId: string): Promise<OpenRun> {
      const run = await store.create({ ...runFact(), runId })
      runs.push(run)
      return run
    }
    const sharing = (run: OpenRun, maxCostNanoUsd: number, shared = 'team'): Budget => run.budget({ maxCostNanoUsd, shared })
    /** A run has joined with its next commit at the latest. */
    const joined = (run: OpenRun): Promise<void> => run.ledger.append([])
    const granted = async (budget: Budget, callId: string, nanoUsd = 1000): Promise<boolean> => (await budget.reserve(attemptFact(callId, 1, nanoUsd))).granted

    test('counts all runs of one name, exactly to the cap', async () => {
      const [a, b] = [sharing(await begin('a'), 3000), sharing(await begin('b'), 3000)]
      expect([await granted(a, 'c0'), await granted(b, 'c0'), await granted(a, 'c1'), await granted(b, 'c1', 1)]).toEqual([true, true, true, false])
      expect(await b.reserve(attemptFact('c2', 1, 1))).toMatchObject({ granted: false, committedNanoUsd: 3000, openNanoUsd: 1000, othersNanoUsd: 2000 })
    })

    test('counts nobody else', async () => {
      const alone = (await begin('alone')).budget({ maxCostNanoUsd: 1000 })
      const other = sharing(await begin('other'), 1000, 'another team')
      const team = sharing(await begin('team'), 1000)
      expect([await granted(alone, 'c0'), await granted(other, 'c0'), await granted(team, 'c0')]).toEqual([true, true, true])
      expect([await granted(alone, 'c1', 1), await granted(other, 'c1', 1), await granted(team, 'c1', 1)]).toEqual([false, false, false])
    })

    test('holds each run to its own cap, against what all have committed', async () => {
      const [small, large] = [sharing(await begin('small'), 1500), sharing(await begin('large'), 5000)]
      expect([await granted(large, 'c0'), await granted(small, 'c0'), await granted(large, 'c1'), await granted(large, 'c2')]).toEqual([
        true,
        false,
        true,
        true,
      ])
    })

    test('settling makes room for the others, an uncertain end does not', async () => {
      const [first, second] = [await begin('first'), await begin('second')]
      const [a, b] = [sharing(first, 2000), sharing(second, 2000)]
      expect([await granted(a, 'r01-c0000'), await granted(a, 'r01-c0001'), await granted(b, 'x')]).toEqual([true, true, false])
      await first.ledger.append([failedFact('r01-c0001', 1, 'uncertain')])
      expect(await granted(b, 'x', 1)).toBe(false)
      await first.ledger.append([answeredFact('r01-c0000'), callFact('r01-c0000', 0)])
      const { settledNanoUsd } = await first.ledger.totals()
      expect([await granted(b, 'x', 1000 - settledNanoUsd + 1), await granted(b, 'x', 1000 - settledNanoUsd)]).toEqual([false, true])
    })

    test('concurrent reservations of several runs never exceed the cap', async () => {
      const budgets = [sharing(await begin('a'), 20_500), sharing(await begin('b'), 20_500), sharing(await begin('c'), 20_500)]
      const all = await Promise.all(budgets.flatMap((budget) => Array.from({ length: 15 }, (_, i) => granted(budget, `c${i}`))))
      expect(all.filter(Boolean)).toHaveLength(20)
    })

    test('a run that ended stays counted at its worst, also when it is opened again', async () => {
      const [first, second] = [await begin('first'), await begin('second')]
      expect(await granted(sharing(first, 2000), 'c0', 1500)).toBe(true)
      await first.close()
      const b = sharing(second, 2000)
      expect([await granted(b, 'c0', 501), await granted(b, 'c0', 500)]).toEqual([false, true])
      runs[0] = await store.open('first')
      sharing(runs[0], 2000)
      expect(await granted(b, 'c1', 1)).toBe(false)
    })

    test('joining later counts what was committed before', async () => {
      const [first, second] = [await begin('first'), await begin('second')]
      await granted(first.budget({ maxCostNanoUsd: undefined }), 'c0', 1500)
      const b = sharing(second, 2000)
      sharing(first, 2000)
      await joined(first)
      expect([await granted(b, 'c0', 501), await granted(b, 'c0', 500)]).toEqual([false, true])
    })

    test('what was committed under a name stays there when the run takes another one', async () => {
      const [first, second] = [await begin('first'), await begin('second')]
      await granted(sharing(first, 2000), 'c0', 1500)
      sharing(first, 2000, 'another team')
      await joined(first)
      expect(await granted(sharing(second, 2000), 'c0', 501)).toBe(false)
      expect(await granted(sharing(second, 2000, 'another team'), 'c0', 501)).toBe(false)
    })

    test('a refused attempt leaves no trace', async () => {
      const run = await begin('a')
      expect(await granted(sharing(run, 500), 'c0')).toBe(false)
      expect(await run.ledger.find('attempt')).toEqual([])
      expect(await granted(sharing(await begin('b'), 500), 'c0', 500)).toBe(true)
    })
  })
}
