import { type ReportPart, reportHtml, reportText } from '@sedi/evaluation'
import type { Ledger } from '@sedi/spec'
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { finishedRun, smallConfig, trainedConfig } from '../fixtures/small-run.ts'
import { shadowBaseline } from '../replay/shadow-baseline.ts'
import { createRun, type HeldRun } from '../runs/open-run.ts'
import { listSeeds } from './list-seeds.ts'
import { runStoryReport, runStorySummary } from './run-story-report.ts'
import { tellRun } from './tell-run.ts'

const runs: HeldRun[] = []
afterEach(async () => {
  for (const run of runs.splice(0)) await run.close()
})
const kept = (run: HeldRun): HeldRun => {
  runs.push(run)
  return run
}

const rowsUnder = (parts: readonly ReportPart[], heading: string): readonly (readonly string[])[] => {
  const from = parts.findIndex((part) => part.kind === 'heading' && part.text === heading)
  const table = parts.slice(from).find((part) => part.kind === 'table')
  return from < 0 || table?.kind !== 'table' ? [] : table.rows
}

describe('a trained and evaluated run', () => {
  let trained: HeldRun
  beforeAll(async () => {
    trained = await finishedRun(trainedConfig())
  })
  afterAll(() => trained.close())

  it('its figures are the ledger’s, added up in every table', async () => {
    const { ledger } = trained
    const story = await tellRun(ledger, { held: true, baseline: await shadowBaseline(ledger) })
    const totals = await ledger.totals()
    const sum = (of: (round: (typeof story.rounds)[number]) => number): number => story.rounds.reduce((all, round) => all + of(round), 0)
    expect([sum(({ raw }) => raw), sum((round) => round.kept), sum(({ calls }) => calls), sum(({ steps }) => steps)]).toEqual([
      totals.raw,
      totals.kept,
      totals.calls,
      totals.steps,
    ])
    expect(sum(({ costUsd }) => costUsd!)).toBeCloseTo(totals.settledNanoUsd / 1e9, 12)
    expect(story.spending).toMatchObject([{ purpose: 'tasks', calls: totals.calls, inputTokens: totals.inputTokens, outputTokens: totals.outputTokens }])
    expect(story.plan).toMatchObject({ calls: 6, kept: null, budgetUsd: null })
    expect(story.plan.worstCaseUsd).toBeGreaterThan(story.report.costUsd!)
    expect(story.changes).toMatchObject([{ evaluator: 'exact-match', from: 'base model', to: 'after round 2' }])

    const { parts } = runStorySummary(story)
    expect(rowsUnder(parts, 'What was rejected, and why').slice(1, 2)).toEqual([['kept', String(totals.kept), expect.any(String), expect.any(String)]])
    expect(rowsUnder(parts, 'Seeds that training picked').length).toBeGreaterThan(1)
    const page = reportHtml(await runStoryReport(story))
    expect(page.match(/<figure /g)!.length).toBeGreaterThanOrEqual(5)
    for (const { candidate } of story.examples.kept) expect(page).toContain(candidate.id)
    expect(page).toContain(story.report.digest)
    expect(page.length).toBeLessThan(500_000)
    expect(page).not.toMatch(/(?:src|href)=|url\(|@import|https?:(?!\/\/www\.w3\.org)/)
  })

  it('lists seeds with what came of them: as the ledger counts children', async () => {
    const { ledger } = trained
    const { seeds, active, human, machine } = await listSeeds(ledger)
    const totals = await ledger.totals()
    expect([active, human + machine]).toEqual([seeds.length - totals.seedsEvicted, active])
    const promoted = seeds.filter(({ origin }) => origin === 'machine')
    expect(promoted).toHaveLength(totals.seedsPromoted)
    expect(promoted.every(({ parents, signal, score }) => parents.length > 0 && signal !== null && score !== null)).toBe(true)
    expect(seeds.reduce((sum, { heirs }) => sum + heirs, 0)).toBe(promoted.reduce((sum, { parents }) => sum + parents.length, 0))
    for (const { seedId, children, kept: own } of seeds.slice(0, 40)) expect(await ledger.offspring(seedId)).toMatchObject({ children, kept: own })
    expect(seeds.filter(({ state }) => state === 'evicted').every(({ evictedRound, evictedBecause }) => evictedRound !== null && evictedBecause !== null)).toBe(
      true,
    )
  })
})

const words = async (ledger: Ledger): Promise<string> => {
  const story = await tellRun(ledger, { held: false, baseline: null })
  expect(reportHtml(await runStoryReport(story))).toContain('</html>')
  return reportText(runStorySummary(story), { columns: 300 })
}

it('a run that has nothing yet, one that was stopped, one without trainer: what there is, and what to do', async () => {
  const empty = kept(await createRun(smallConfig()))
  const nothing = await words(empty.ledger)
  expect(nothing).toContain('The run has not begun. Nothing has been written yet.')
  expect(nothing).toContain(`Continue it: sedi resume ${empty.runId}`)
  expect(nothing).not.toMatch(/NaN|undefined|Infinity/)

  const stop = new AbortController()
  const stopped = kept(await createRun(smallConfig({ limits: { concurrency: 1 } })))
  await stopped.execute({ stop: stop.signal, onProgress: ({ round }) => round === 2 && stop.abort() })
  const half = await words(stopped.ledger)
  expect(half).toMatch(/The run is paused after 1 of 2 rounds: .* So far it made \d+ instructions/s)
  expect(half).not.toMatch(/NaN|undefined|Infinity|WHAT THE STUDENT LEARNED|SEEDS THAT/)

  const free = kept(await finishedRun(smallConfig({ generator: { id: 'simulated' }, target: { calls: 2 }, rounds: 1 })))
  const unpriced = await words(free.ledger)
  expect(unpriced).toContain('What they cost is not known')
  expect(unpriced).toContain('State the price (generator.price)')
  expect(unpriced).not.toMatch(/NaN|undefined|Infinity/)
})

it('what a teacher has written is shown, never obeyed', async () => {
  const run = kept(await finishedRun(smallConfig({ target: { calls: 2 }, rounds: 1 })))
  const [first] = await run.ledger.find('candidate', { verdict: 'kept' })
  const evil = '</dd></dl></section><script>fetch("https://evil.example")</script><img src=x onerror=alert(1)>\u001b]0;owned\u0007\u202e'
  const { seq: _, ...fact } = first!
  const more = Array.from({ length: 400 }, (_, i) => ({ ...fact, id: `r01-c0000-i${1000 + i}`, instruction: evil, input: evil, output: evil }))
  await run.ledger.append(more)
  const story = await tellRun(run.ledger, { held: true, baseline: null, diversity: false })
  expect(story.examples.kept.some(({ candidate }) => candidate.instruction === evil)).toBe(true)
  const page = reportHtml(await runStoryReport(story))
  expect(page).toContain('&lt;script&gt;fetch(&quot;https://evil.example&quot;)&lt;/script&gt;')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the characters meant
  expect(page).not.toMatch(/<script|<img|\u001b|\u0007|\u202e/)
  expect(page.match(/<section /g)).toHaveLength(page.match(/<\/section>/g)!.length)
})
