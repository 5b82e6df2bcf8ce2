import { expect, it } from 'vitest'
import { smallConfig } from '../fixtures/small-run.ts'
import { tellRun } from '../report/tell-run.ts'
import { overviewOf } from '../views/overview.ts'
import { createRunBook } from '../views/run-book.ts'
import { createRun, openRun } from './open-run.ts'
import { openStore } from './open-store.ts'
import { notesOf } from './plan-run.ts'
import { begunConfigOf, configOf } from './run-config-of.ts'

const noBudget = expect.stringContaining('No budget is set')

it('a budget that a resume set is the budget, in every account of the run', async () => {
  const config = smallConfig()
  await (await createRun(config, 'run')).close()
  const run = await openRun('run', openStore(config), { budget: { maxCostUsd: 5 } })
  const { ledger } = run
  expect(await begunConfigOf(ledger)).toEqual(config)
  expect(await configOf(ledger)).toEqual({ ...config, budget: { maxCostUsd: 5 } })
  expect(notesOf(config)).toContainEqual(noBudget)

  const overview = await overviewOf(createRunBook(ledger), { held: false, now: Date.now(), withinMs: 5000 })
  const story = await tellRun(ledger, { held: false, baseline: null, diversity: false })
  expect([overview.budgetUsd, story.plan.budgetUsd]).toEqual([5, 5])
  expect(overview.notes).not.toContainEqual(noBudget)
  expect(story.notes).not.toContainEqual(noBudget)
  await run.close()
})
