import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createRng } from '@sedi/core'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { filterFile } from '../files/filter-file.ts'
import { finishedRun, smallConfig } from '../fixtures/small-run.ts'
import type { HeldRun } from '../runs/open-run.ts'
import { replayFilter } from './replay-filter.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-replay-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const thresholds = [0.6, 0.7, 0.85, 0.8, 0.9, 0, 1]

function write(name: string, texts: readonly string[], extra = ''): string {
  const path = join(folder, name)
  writeFileSync(path, `${texts.map((instruction) => JSON.stringify({ instruction, output: 'x' })).join('\n')}\n${extra}`)
  return path
}

/** Sentences of a small vocabulary, most of them an earlier one with some words changed: pairs at every similarity. */
function sentences(count: number, seed: number): string[] {
  const rng = createRng(seed)
  const words = 'sort name the three a long parcels rivers by weight length of northern southern towns and count them'.split(' ')
  const written: string[][] = []
  for (let i = 0; i < count; i++) {
    const base = i < 20 ? Array.from({ length: 14 + rng.int(8) }, () => rng.pick(words)) : rng.pick(written)
    const changes = i < 20 ? 0 : 1 + rng.int(6)
    const changed = base.slice()
    for (let c = 0; c < changes; c++) changed[rng.int(changed.length)] = rng.pick(words)
    written.push(changed)
  }
  return written.map((sentence) => sentence.join(' '))
}

const keptBy = ({ thresholds: each }: Awaited<ReturnType<typeof replayFilter>>): number[] => each.map(({ kept }) => kept)

describe('a file', () => {
  const options = { against: '', heuristics: 'alpaca' }
  let file: string
  beforeAll(() => {
    file = write('in.jsonl', [...sentences(300, 1), 'Draw a picture of a red house'], '{broken\n')
    options.against = write('against.jsonl', sentences(40, 2))
  })

  it('at each threshold gives what filterFile keeps at it, in the order asked', async () => {
    const replay = await replayFilter({ file }, thresholds)
    const alone = await Promise.all(thresholds.map((threshold) => filterFile(file, { threshold })))
    expect(replay.thresholds).toEqual(alone.map(({ threshold, kept, rejected }) => ({ threshold, kept, similar: rejected.similar })))
    expect(replay).toMatchObject({ run: null, known: 0, candidates: 301, rejectedBefore: 1, recorded: null })
    expect(new Set(keptBy(replay)).size).toBe(thresholds.length)
    expect(replay.issues).toHaveLength(1)
  })

  it('knows another file and applies rules as filterFile does', async () => {
    const replay = await replayFilter({ file, ...options }, thresholds)
    const alone = await Promise.all(thresholds.map((threshold) => filterFile(file, { threshold, ...options })))
    expect(keptBy(replay)).toEqual(alone.map(({ kept }) => kept))
    expect(replay).toMatchObject({ known: 40, rejectedBefore: alone[0]!.rejected.heuristic + 1 })
    expect(replay.rejectedBefore).toBeGreaterThan(1)
  })

  it.each([
    [{}, [], 'invalid-config'],
    [{}, [0.7, 1.1], 'invalid-config'],
    [{ heuristics: 'strictest' }, [0.7], 'invalid-config'],
    [{ strict: true }, [0.7], 'invalid-input'],
    [{ against: 'nowhere.jsonl' }, [0.7], 'not-found'],
  ])('refuses %j at %j', async (change, asked, code) => {
    await expect(replayFilter({ file, ...change }, asked)).rejects.toMatchObject({ code })
  })
})

describe('a run', () => {
  let run: HeldRun
  beforeAll(async () => {
    run = await finishedRun(smallConfig())
  })
  afterAll(() => run.close())

  it('at its own threshold gives what it kept; at others what filterFile keeps of the same texts after its human seeds', async () => {
    const candidates = await run.ledger.find('candidate')
    const kept = candidates.filter(({ verdict }) => verdict === 'kept')
    const reached = candidates.filter(({ verdict, reason }) => verdict === 'kept' || reason === 'similar')
    const seeds = await run.ledger.find('seed-event', { origin: 'human', action: 'add' })
    const replay = await replayFilter({ ledger: run.ledger }, thresholds)
    expect(replay).toMatchObject({
      run: run.ledger.runId,
      known: seeds.length,
      candidates: reached.length,
      rejectedBefore: candidates.length - reached.length,
      recorded: { threshold: 0.85, kept: kept.length },
    })
    expect(replay.thresholds[2]).toEqual({ threshold: 0.85, kept: kept.length, similar: reached.length - kept.length })

    const instructionsOf = (facts: readonly { readonly instruction: string }[]): string[] => facts.map(({ instruction }) => instruction)
    const file = write('candidates.jsonl', instructionsOf(reached))
    const against = write('seeds.jsonl', instructionsOf(seeds))
    const alone = await Promise.all(thresholds.map((threshold) => filterFile(file, { threshold, against })))
    expect(keptBy(replay)).toEqual(alone.map((one) => one.kept))
    expect(keptBy(replay)[0]).toBeLessThan(kept.length)
  })
})
