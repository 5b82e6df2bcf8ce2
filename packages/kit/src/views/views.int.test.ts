import { expect, it } from 'vitest'
import { finishedRun, smallConfig } from '../fixtures/small-run.ts'
import { overviewOf } from './overview.ts'
import { createRowLists } from './rows.ts'
import { createRunBook } from './run-book.ts'
import { whatIf } from './what-if.ts'

it('reads a run once, and afterwards only what was recorded since', async () => {
  const run = await finishedRun(smallConfig({ target: { calls: 3 }, rounds: 1 }))
  let read = 0
  const ledger: typeof run.ledger = {
    ...run.ledger,
    runId: run.ledger.runId,
    async *columns(kind, fields, after) {
      for await (const page of run.ledger.columns(kind, fields, after)) {
        read += page.length
        yield page
      }
    },
  }
  const book = createRunBook(ledger)
  const lists = createRowLists(book)
  const { raw, kept } = await ledger.totals()
  const all = { offset: 0, limit: 500 }
  expect(await lists.rows({ ...all, verdict: 'kept' }, 5000)).toMatchObject({ total: kept, complete: true })
  expect(read).toBe(raw)
  expect(await lists.rows({ ...all, search: 'nowhere at all' }, 5000)).toMatchObject({ total: 0, complete: true, items: [] })
  expect(read).toBe(2 * raw)
  const overview = await overviewOf(book, { held: false, now: Date.now(), withinMs: 5000 })
  expect(overview).toMatchObject({ raw, kept, complete: true, rounds: [{ round: 1, raw, kept }] })

  read = 0
  const call = (await ledger.find('call'))[0]!
  const [candidate] = await ledger.find('candidate')
  const later = { ...call, callId: 'r02-c0000', round: 2, index: 0 }
  const { seq: _, ...plainCall } = later
  const { seq: __, ...plainCandidate } = candidate!
  await run.ledger.append([plainCall, { ...plainCandidate, id: 'r02-c0000-i00', callId: 'r02-c0000', round: 2, instruction: 'Now it is Somewhere.' }])
  expect(await lists.rows({ ...all, round: 2 }, 5000)).toMatchObject({ total: 1, complete: true, items: [{ id: 'r02-c0000-i00' }] })
  expect(await lists.rows({ ...all, search: 'somewhere.' }, 5000)).toMatchObject({ total: 1, complete: true })
  expect(await lists.rows({ ...all, search: 'somewhere.', limit: 1 }, 5000)).toMatchObject({ total: 1, complete: true })
  expect(read).toBeLessThan(raw + 5)
  await run.close()
})

it('replays the beginning of a long run as the run met it, and says so', async () => {
  const run = await finishedRun(smallConfig({ target: { calls: 4 }, rounds: 1 }))
  const candidates = await run.ledger.find('candidate')
  const most = Math.floor(candidates.length / 2)
  const beginning = candidates.slice(0, most)
  const { thresholds, sampled, raw, recorded } = await whatIf(run.ledger, { thresholds: [0.85], most })
  const kept = beginning.filter(({ verdict }) => verdict === 'kept').length
  expect({ sampled, raw, recorded }).toEqual({ sampled: most, raw: most, recorded: { threshold: 0.85, kept } })
  expect(thresholds[0]).toMatchObject({ kept })
  expect(thresholds[0]!.costUsd).toBeCloseTo(
    beginning.reduce((sum, { costNanoUsd }) => sum + costNanoUsd! / 1e9, 0),
    12,
  )
  await run.close()
})
