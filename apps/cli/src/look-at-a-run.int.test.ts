import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { openStore, type ShadowBaseline } from '@sedi/kit'
import type { CandidateFact, SeedEventFact } from '@sedi/spec'
import { beforeAll, describe, expect, it } from 'vitest'
import { type Finished, sedi } from './fixtures/spawn-sedi.ts'
import { testFolder, writeConfig } from './fixtures/test-folder.ts'

let folder: string
let run: string
let report: Record<string, unknown> & { readonly kept: number; readonly raw: number; readonly shadowBaseline: ShadowBaseline }
let candidates: readonly CandidateFact[]
let promoted: SeedEventFact
let seedIds: ReadonlySet<string | null | undefined>

/** A real run of a second or two: the simulated teacher, a student that is trained, seeds that are promoted. */
beforeAll(async () => {
  folder = testFolder()
  writeConfig(folder, {
    generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
    verifier: 'simulated',
    target: { calls: 6 },
    batches: { size: 8 },
    trainer: { id: 'embedded', layers: 1, width: 16, heads: 2 },
    training: { stepsPerRound: 4, learningRate: 0.003, maxLength: 64 },
    feedback: { everySteps: 2 },
  })
  const done = await sedi(['run', '--json'], { cwd: folder })
  const { folder: _, error, ...figures } = JSON.parse(done.stdout)
  expect([done.code, error]).toEqual([0, undefined])
  report = figures
  run = figures.run
  const ledger = await openStore({ store: join(folder, 'runs') }).read(run)
  candidates = await ledger.find('candidate')
  const added = await ledger.find('seed-event', { action: 'add', origin: 'machine' })
  promoted = added[0]!
  seedIds = new Set(added.map(({ exampleId }) => exampleId))
  await ledger.close()
})

const ask = (...args: string[]): Promise<Finished> => sedi(args, { cwd: folder })
async function answer(...args: string[]): Promise<string> {
  const { code, stdout, stderr } = await ask(...args)
  expect([code, stderr]).toEqual([0, ''])
  return stdout
}

describe('status and runs', () => {
  it('status --json is the report that the run ended with, by id and by path', async () => {
    expect(JSON.parse(await answer('status', run, '--json'))).toEqual(report)
    expect(JSON.parse(await answer('status', `./runs/${run}`, '--json'))).toEqual(report)
  })

  it('beside the run stands what Self-Instruct’s filter would have kept of the same answers, unless it is left out', async () => {
    const text = await answer('status', run)
    const { kept, costPerKeptUsd } = report.shadowBaseline
    expect(report.shadowBaseline).toMatchObject({ threshold: 0.7, raw: report.raw, sameFilter: false })
    expect(kept).toBeLessThan(report.kept)
    expect(text).toContain(`\n  baseline      Self-Instruct’s filter (0.7): ${kept} kept, `)
    expect(text).toContain(`$${costPerKeptUsd!.toFixed(6)} per kept\n`)
    expect(text).toContain(`this run:                     ${report.kept} kept, `)
    expect(text).toContain('a replay of the same answers, not another run')
    expect(JSON.parse(await answer('status', run, '--no-baseline', '--json')).shadowBaseline).toBeNull()
  })

  it('status in words has the same figures, and what to know of them', async () => {
    const text = await answer('status', run)
    expect(text).toMatch(new RegExp(`^${run} · recipe sedi · done\n {2}rounds {8}2 of 2\n {2}calls {9}6\n {2}tokens {8}[\\d,]+ in`))
    expect(text).toContain(`${report.kept} kept of ${report.raw} written`)
    expect(text).toMatch(/\n {2}note +Promoted seeds are checked by the oracle/)
  })

  it('runs --json lists every run with its totals; in words, a line each', async () => {
    const runs = JSON.parse(await answer('runs', '--json'))
    expect(runs).toEqual([expect.objectContaining({ runId: run, recipe: 'sedi', state: 'done', folder: join(folder, 'runs', run) })])
    expect(runs[0].totals).toMatchObject({ calls: 6, kept: report.kept, raw: report.raw, openAttempts: 0, unpricedCalls: 0 })
    expect(await answer('runs')).toMatch(new RegExp(`^run +recipe +state +calls +kept +cost\n${run} +sedi +done +6 +${report.kept} +\\$0\\.0\\d+\n$`))
    expect(JSON.parse(await answer('runs', '--store', 'elsewhere', '--json'))).toEqual([])
    expect(existsSync(join(folder, 'elsewhere'))).toBe(false)
  })
})

describe('report and seeds', () => {
  it('report in words, as data and as a page; the page loads nothing', async () => {
    const text = await answer('report', run, '--no-diversity')
    expect(text).toContain(`run ${run} · recipe sedi · done`)
    expect(text).toContain(`This run made ${report.kept} instructions out of ${report.raw} written`)
    expect(text).toMatch(/\nROUND BY ROUND\n\n {2}round +calls +written .*\n {2}1 .*\n {2}2 /)
    const { report: same, rounds } = JSON.parse(await answer('report', run, '--json', '--no-diversity', '--no-baseline'))
    expect(same).toEqual({ ...report, shadowBaseline: undefined, existing: undefined })
    expect(rounds).toHaveLength(2)
    const page = await ask('report', run, '--html', 'pages/report.html', '--no-diversity')
    expect([page.code, page.stdout, page.stderr]).toEqual([0, '', `Written: ${join(folder, 'pages', 'report.html')}\n`])
    const html = readFileSync(join(folder, 'pages', 'report.html'), 'utf8')
    expect(html).toContain(promoted.seedId)
    expect(html).not.toMatch(/<script|src=|href=/)
  })

  it('seeds: those that are active, with what came of them; --all and --json have the others', async () => {
    const { seeds, active } = JSON.parse(await answer('seeds', run, '--json'))
    expect(seeds.filter(({ state }: { state: string }) => state === 'active')).toHaveLength(active)
    expect(seeds).toContainEqual(expect.objectContaining({ seedId: promoted.seedId, origin: 'machine', addedRound: promoted.round, step: promoted.step }))
    const rows = async (...more: string[]): Promise<number> =>
      (await answer('seeds', run, ...more)).split('\n').filter((line) => /^(seed-|r\d)/.test(line)).length
    expect([await rows(), await rows('--all')]).toEqual([active, seeds.length])
  })
})

describe('explain', () => {
  it('a kept instruction, a rejected one, a promoted seed', async () => {
    const trained = candidates.find(({ id, verdict, nearestId }) => verdict === 'kept' && nearestId !== null && !seedIds.has(id))!
    expect(await answer('explain', run, trained.id)).toMatch(new RegExp(`^${trained.id} · kept\n(?:.*\n)* {2}written from (?:.*\n)* {2}trained on `))
    const similar = candidates.find(({ reason }) => reason === 'similar')!
    expect(await answer('explain', run, similar.id)).toMatch(
      new RegExp(`^${similar.id} · rejected: similar\n(?:.*\n)* {2}too similar to ${similar.nearestId}, `),
    )
    const story = await answer('explain', run, promoted.seedId)
    expect(story).toContain(`became a seed at the end of round ${promoted.round}: ${promoted.reason}`)
    expect(story).toMatch(/\n {2}end +(still a seed|archived)/)
    const { story: told } = JSON.parse(await answer('explain', run, promoted.seedId, '--json'))
    expect(told).toMatchObject({ seedId: promoted.seedId, origin: 'machine', signal: { id: 'batch-grad-norm', used: true }, answer: { by: 'simulated' } })
  })

  it('--json has the facts; an unknown id is exit 2', async () => {
    const similar = candidates.find(({ reason }) => reason === 'similar')!
    expect(JSON.parse(await answer('explain', run, similar.id, '--json'))).toMatchObject({
      kind: 'instruction',
      candidate: { id: similar.id, reason: 'similar' },
    })
    const unknown = await ask('explain', run, 'seed-999', '--json')
    expect([unknown.code, JSON.parse(unknown.stdout).error]).toEqual([
      2,
      expect.objectContaining({ code: 'not-found', message: expect.stringMatching(/seed-999/) }),
    ])
  })
})

describe('export', () => {
  const rowsOf = (text: string): object[] =>
    text
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line))

  it('writes the kept instructions in order, to stdout and to a file, whatever was in it', async () => {
    const wanted = candidates.filter(({ verdict }) => verdict === 'kept').map(({ id, instruction, input, output }) => ({ id, instruction, input, output }))
    const out = join(folder, 'data.jsonl')
    writeFileSync(out, 'something longer that was there before\n'.repeat(2000))
    const { code, stdout, stderr } = await ask('export', run)
    expect([code, rowsOf(stdout), stderr]).toEqual([0, wanted, `${report.kept} instructions written.\n`])
    const toFile = await ask('export', run, '--out', 'data.jsonl', '--json')
    expect([toFile.code, JSON.parse(toFile.stdout)]).toEqual([0, { run, rows: report.kept, out }])
    expect(rowsOf(readFileSync(out, 'utf8'))).toEqual(wanted)
  })

  it('what was kept at 0.85 is kept again: every row is as new as the run says', async () => {
    await ask('export', run, '--out', 'again.jsonl')
    expect(JSON.parse(await answer('filter', 'again.jsonl', '--json'))).toMatchObject({ read: report.kept, kept: report.kept, threshold: 0.85 })
  })

  it('leaves a file alone when there is no such run, and says where it cannot write', async () => {
    writeFileSync(join(folder, 'mine.jsonl'), 'mine')
    expect((await ask('export', 'nobody', '--out', 'mine.jsonl')).code).toBe(2)
    expect((await ask('export', run, '--json')).stderr).toMatch(/--json and the instructions both want stdout/)
    expect(readFileSync(join(folder, 'mine.jsonl'), 'utf8')).toBe('mine')
    const nowhere = await ask('export', run, '--out', 'no/such/folder.jsonl')
    expect([nowhere.code, nowhere.stderr]).toEqual([2, expect.stringMatching(/Cannot write .*folder\.jsonl/)])
  })
})
