import { rmSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { rougeL } from '@sedi/core'
import type { FactKind, FactOf, Ledger, RunConfig } from '@sedi/spec'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { finishedRun, smallConfig, trainedConfig } from '../fixtures/small-run.ts'
import { replayFilter } from '../replay/replay-filter.ts'
import { rejectedCards } from '../report/story-remarks.ts'
import { tellRun } from '../report/tell-run.ts'
import { instructionDetail } from '../views/instruction-detail.ts'
import { countExisting } from './existing-texts.ts'
import { explain, renderExplanation } from './explain.ts'
import { nearestText } from './nearest-text.ts'
import { createRun, type HeldRun, openRun } from './open-run.ts'
import { openStore } from './open-store.ts'
import { planRun } from './plan-run.ts'

let before: HeldRun
let run: HeldRun
let config: RunConfig
let file: string

/** What a first run kept is what a second one, asked the same, already has. */
beforeAll(async () => {
  const first = smallConfig()
  before = await finishedRun(first)
  file = join(first.store, 'earlier.jsonl')
  const kept = await before.ledger.find('candidate', { verdict: 'kept' })
  writeFileSync(file, kept.map(({ instruction, input, output }) => JSON.stringify({ instruction, input, output })).join('\n'))
  config = smallConfig({ filter: { against: [file] } })
  run = await finishedRun(config)
}, 60_000)
afterAll(async () => {
  await before.close()
  await run.close()
})

const facts = <K extends FactKind>(kind: K, where: Partial<FactOf<K>> = {}, ledger: Ledger = run.ledger) => ledger.find(kind, where)

it('nothing is kept that resembles one, and what is rejected for it names it: by brute force', async () => {
  const existing = (await facts('existing')).map(({ textId, instruction }) => ({ textId, instruction }))
  expect(existing).toHaveLength((await before.ledger.totals()).kept)
  expect(existing[0]).toMatchObject({ textId: 'earlier.jsonl:1' })
  const nearest = (text: string): number => Math.max(...existing.map(({ instruction }) => rougeL(text, instruction)))

  const kept = await facts('candidate', { verdict: 'kept' })
  for (const { instruction } of kept) expect(nearest(instruction)).toBeLessThanOrEqual(0.85)
  const textOf = new Map(existing.map(({ textId, instruction }) => [textId, instruction]))
  const repeated = (await facts('candidate', { reason: 'similar' })).filter(({ nearestId }) => textOf.has(nearestId!))
  for (const { instruction, nearestId, nearestScore } of repeated) expect(rougeL(instruction, textOf.get(nearestId!)!)).toBe(nearestScore)
  // The first round asks the same of the same teacher: all that was kept of it then is known now.
  const again = (await facts('candidate', { verdict: 'kept', round: 1 }, before.ledger)).length
  expect(repeated.filter(({ round, nearestScore }) => round === 1 && nearestScore === 1).length).toBeGreaterThanOrEqual(again)
  expect(await countExisting(run.ledger)).toEqual({ texts: existing.length, rejected: repeated.length })
  expect(await countExisting(before.ledger)).toBeNull()
})

it('is explained, shown and replayed from the ledger alone', async () => {
  const [repeated] = (await facts('candidate', { reason: 'similar' })).filter(({ nearestId }) => nearestId!.startsWith('earlier.jsonl:'))
  const { id, nearestId, instruction } = repeated!
  expect(renderExplanation(await explain(run.ledger, id))).toContain(`too similar to ${nearestId} (existing data), ROUGE-L `)
  expect(await instructionDetail(run.ledger, id)).toMatchObject({
    nearest: { id: nearestId, is: 'existing', verdict: null, round: null },
    commonWords: { own: expect.arrayContaining([[0, expect.any(Number)]]) },
    instruction,
  })
  const { kept } = await run.ledger.totals()
  const { texts } = (await countExisting(run.ledger))!
  const seeds = (await facts('seed-event')).length
  const replay = await replayFilter({ ledger: run.ledger }, [0.85, 1])
  expect(replay).toMatchObject({ known: seeds + texts, recorded: { kept } })
  expect(replay.thresholds[0]!.kept).toBe(kept)
  expect(replay.thresholds[1]!.kept).toBeGreaterThan(kept)
})

it('is in the plan and part of what the run is', async () => {
  expect(await planRun(config)).toMatchObject({ existingTexts: (await facts('existing')).length })
  expect((await facts('run'))[0]!.fingerprint).not.toBe((await before.ledger.find('run'))[0]!.fingerprint)
})

it('is never a seed, never in a batch; a run goes on in the same way after its file is gone', async () => {
  const trained = trainedConfig()
  const against = join(dirname(trained.store), 'once.jsonl')
  const existing = (await facts('existing')).slice(0, 12)
  const withData = (): RunConfig => ({ ...trained, filter: { ...trained.filter, against: [against] } })
  writeFileSync(against, existing.map(({ instruction }) => JSON.stringify({ instruction, output: '' })).join('\n'))
  const whole = await finishedRun(withData())
  const ids = new Set((await facts('existing', {}, whole.ledger)).map(({ textId }) => textId))
  expect(ids.size).toBe(existing.length)
  const batches = await facts('batch', {}, whole.ledger)
  expect(batches.length).toBeGreaterThan(0)
  expect(batches.flatMap(({ exampleIds }) => exampleIds).filter((id) => ids.has(id))).toEqual([])
  expect((await facts('seed-event', {}, whole.ledger)).filter(({ seedId }) => ids.has(seedId))).toEqual([])
  const digest = await whole.ledger.digest()
  await whole.close()

  const stop = new AbortController()
  const begun = await createRun(withData(), 'in-two-parts')
  const part = await begun.execute({ stop: stop.signal, onProgress: ({ stage, done }) => void (stage === 'generate' && done > 0 && stop.abort()) })
  expect(part.state).toBe('paused')
  await begun.close()
  rmSync(against)
  const again = await openRun('in-two-parts', openStore(trained))
  try {
    expect(await again.execute({ stop: new AbortController().signal })).toMatchObject({ state: 'done' })
    expect(await again.ledger.digest()).toBe(digest)
  } finally {
    await again.close()
  }
}, 60_000)

it('is compared with by meaning as well', async () => {
  const alike = await finishedRun(smallConfig({ filter: { threshold: 1, semantic: { threshold: 0.7 }, against: [file] } }))
  try {
    const near = (await alike.ledger.find('candidate', { reason: 'similar-meaning' })).filter(({ nearestId }) => nearestId!.startsWith('earlier.jsonl:'))
    expect(near.length).toBeGreaterThan(0)
    expect(renderExplanation(await explain(alike.ledger, near[0]!.id))).toContain(`too similar to ${near[0]!.nearestId} (existing data), cosine `)
    expect(await countExisting(alike.ledger)).toMatchObject({ rejected: near.length })
    const replay = await replayFilter({ ledger: alike.ledger }, [0.7], { by: 'cosine' })
    expect(replay.thresholds[0]!.kept).toBe((await alike.ledger.totals()).kept)
  } finally {
    await alike.close()
  }
}, 60_000)

it('is not quoted in a page that is passed on', async () => {
  const story = await tellRun(run.ledger, { held: false, baseline: null, diversity: false })
  const remarks = rejectedCards({ ...story, examples: { ...story.examples, rejected: await examplesOfExisting() } }).map(({ remark }) => remark)
  expect(remarks.length).toBeGreaterThan(0)
  for (const remark of remarks) expect(remark).toMatch(/^Too near to earlier\.jsonl:\d+, ROUGE-L [\d.]+, of the existing data$/)
})

async function examplesOfExisting() {
  const repeated = (await facts('candidate', { reason: 'similar' })).filter(({ nearestId }) => nearestId!.startsWith('earlier.jsonl:')).slice(0, 3)
  return Promise.all(repeated.map(async (candidate) => ({ candidate, nearest: await nearestText(run.ledger, candidate) })))
}
