import { createWorld } from '@sedi/simulation'
import type { CandidateFact, FactKind, FactOf, Ledger, RunConfig, SeedEventFact } from '@sedi/spec'
import type { SeedStory } from '@sedi/spec/api'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { finishedRun, smallConfig, trainedConfig } from '../../fixtures/small-run.ts'
import { explain, renderExplanation } from '../explain.ts'
import type { HeldRun } from '../open-run.ts'
import { promotedSeeds } from '../run-report.ts'

/** No story needs the student’s answers. */
function unevaluated(): RunConfig {
  const config = trainedConfig()
  return { ...config, evaluation: { ...config.evaluation, evaluators: [] } }
}

async function told(ledger: Ledger, id: string): Promise<{ readonly story: SeedStory; readonly text: string }> {
  const explanation = await explain(ledger, id)
  if (explanation.kind === 'call' || explanation.story === undefined) throw new Error(`${id} is no seed`)
  return { story: explanation.story, text: renderExplanation(explanation) }
}

describe('with a signal, in a run whose answers can be checked', () => {
  let run: HeldRun
  beforeAll(async () => {
    const config = unevaluated()
    // Enough steps for instructions to be trained on more than once.
    const often = { training: { ...config.training, mask: 'none' as const, stepsPerRound: 14 }, feedback: { ...config.feedback, everySteps: 7 } }
    run = await finishedRun({ ...config, ...often, rounds: 4, target: { calls: 16 }, seedPolicy: { ...config.seedPolicy, protectRounds: 1 } })
  })
  afterAll(() => run.close())

  const facts = <K extends FactKind>(kind: K, where?: Partial<FactOf<K>>) => run.ledger.find(kind, where)

  /** Told again from the facts, by other means. */
  async function recount(seedId: string) {
    const calls = (await facts('call')).filter(({ seedIds }) => seedIds.includes(seedId))
    const children = (await facts('candidate')).filter(({ callId }) => calls.some((call) => call.callId === callId))
    const kept = children.filter(({ verdict }) => verdict === 'kept')
    const world = createWorld()
    const steps = await facts('step')
    const batches = await facts('batch')
    const gaps = kept.flatMap(({ id }) => {
      const first = batches.find(({ exampleIds }) => exampleIds.includes(id))
      return first === undefined ? [] : [steps.find(({ step }) => step === first.step)!.exampleGaps![first.exampleIds.indexOf(id)]!]
    })
    return { calls, children, kept, wrong: kept.filter((child) => world.check(child).verdict === 'wrong').length, gaps: gaps.sort((a, b) => a - b) }
  }

  async function mostShown(ids: readonly string[]): Promise<string> {
    const calls = await facts('call')
    const times = (id: string): number => calls.filter(({ seedIds }) => seedIds.includes(id)).length
    return ids.toSorted((a, b) => times(b) - times(a))[0]!
  }

  const additions = (origin: SeedEventFact['origin']) => facts('seed-event', { action: 'add', origin })

  it('counts what was written when a human seed was shown, round by round', async () => {
    const seedId = await mostShown((await additions('human')).map((event) => event.seedId))
    const { story, text } = await told(run.ledger, seedId)
    const { calls, children, kept, wrong, gaps } = await recount(seedId)
    expect(children.length).toBeGreaterThan(20)
    expect(story.total).toMatchObject({ shown: calls.length, prompts: 16, written: children.length, kept: kept.length, masked: null })
    expect(story.total.wrong!.count).toBe(wrong)
    expect(story.total.wrong!.of).toBeGreaterThan(0)
    expect(story.total.trained).toBe(gaps.length)
    expect(story.total.medianFirstGap).toBe((gaps[Math.floor((gaps.length - 1) / 2)]! + gaps[Math.floor(gaps.length / 2)]!) / 2)
    // The store's own count of a seed's children, kept while facts come in.
    const { meanGradNorm, ...counted } = await run.ledger.offspring(seedId)
    expect(counted).toEqual({ children: story.total.written, kept: story.total.kept })
    expect(story.total.meanSignal).toBeCloseTo(meanGradNorm!, 9)
    expect(story.signal).toMatchObject({ id: 'batch-grad-norm', used: true })

    expect(story.rounds.map(({ round }) => round)).toEqual([...new Set(calls.map(({ round }) => round))].sort())
    for (const field of ['shown', 'written', 'kept', 'trained'] as const)
      expect(story.rounds.reduce((sum, round) => sum + round[field], 0)).toBe(story.total[field])
    const rejected = children.filter(({ verdict }) => verdict === 'rejected')
    expect(Object.values(story.total.rejected).reduce((sum, count) => sum + count, 0)).toBe(rejected.length)
    expect(story.total.rejected.similar ?? 0).toBe(rejected.filter(({ reason }) => reason === 'similar').length)

    const usd = calls.reduce((sum, { costNanoUsd }) => sum + costNanoUsd!, 0) / 1e9
    expect(story.cost).toMatchObject({ usd: expect.closeTo(usd, 12), perKeptUsd: expect.closeTo(usd / kept.length, 12), seedsPerPrompt: 3 })
    const totals = await run.ledger.totals()
    expect(story.cost.perKeptOfRunUsd).toBeCloseTo(totals.settledNanoUsd / 1e9 / totals.kept, 12)
    expect(text).toContain(`children      ${children.length} written, ${kept.length} kept (`)
    expect(text).toContain(`wrong answers ${wrong} of ${story.total.wrong!.of} kept children (`)
    expect(text).toMatch(/\n +round +prompts +written +kept +wrong +first gap +batch-grad-norm +new seeds\n/)
  })

  it('a promoted seed: its batch, whose place it took, and that it was checked', async () => {
    for (const seed of await promotedSeeds(run.ledger)) {
      const { story, text } = await told(run.ledger, seed.seedId)
      const [candidate] = await facts('candidate', { id: seed.seedId })
      expect(candidate).toMatchObject({ verdict: 'kept', instruction: seed.instruction, output: seed.output } satisfies Partial<CandidateFact>)
      const [batch] = await facts('batch', { step: seed.step! })
      const left = (await facts('seed-event', { action: 'evict', round: seed.round })).map(({ seedId }) => seedId)
      const entry = story.entries.findLast(({ added }) => added.index === seed.index)!
      expect(entry).toMatchObject({ added: seed, verified: true, batch: { step: seed.step, rows: batch!.exampleIds.length, signal: seed.score } })
      expect(left).toContain(entry.inPlaceOf!.seedId)
      expect(story.answer).toMatchObject({ verdict: 'right', by: 'simulated' })
      expect(text).toContain(`became a seed at the end of round ${seed.round}: ${seed.reason}`)
      expect(text).toContain(`in place of   ${entry.inPlaceOf!.seedId} (`)
    }
  })

  it('places are handed on one by one: who left names who came, and the other way round', async () => {
    const additionsOfFeedback = await promotedSeeds(run.ledger)
    const gone = await facts('seed-event', { action: 'evict' })
    expect(gone.length).toBe(additionsOfFeedback.length)
    expect(gone.length).toBeGreaterThan(2)
    const heirs: (string | null)[] = []
    for (const { seedId, round, reason } of gone) {
      const { story, text } = await told(run.ledger, seedId)
      const entry = story.entries.at(-1)!
      heirs.push(entry.replacedBy)
      expect(text).toContain(`evicted       at the end of round ${round}: ${reason}; its place went to ${entry.replacedBy}`)
      const successor = await told(run.ledger, entry.replacedBy!)
      expect(successor.story.entries.map(({ inPlaceOf }) => inPlaceOf?.seedId)).toContain(seedId)
    }
    expect(new Set(heirs)).toEqual(new Set(additionsOfFeedback.map(({ seedId }) => seedId)))
  })

  it('children that became seeds are named, and so is what became of them', async () => {
    const promoted = (await promotedSeeds(run.ledger)).filter(({ round }) => round < 4)
    const [candidate] = await facts('candidate', { id: promoted[0]!.seedId })
    const [call] = await facts('call', { callId: candidate!.callId })
    const { story, text } = await told(run.ledger, call!.seedIds[0]!)
    const [gone] = await facts('seed-event', { action: 'evict', seedId: candidate!.id })
    expect(story.heirs).toContainEqual({ seedId: candidate!.id, round: promoted[0]!.round, evictedInRound: gone?.round ?? null })
    expect(story.rounds.reduce((sum, { heirs }) => sum + heirs, 0)).toBe(story.heirs.length)
    expect(text).toMatch(new RegExp(`seeds of it +\\d+ (child became a seed|children became seeds): .*${candidate!.id} \\(round`))
  })

  it('how it ended: archived, still there, or human and never replaced', async () => {
    const gone = new Set((await facts('seed-event', { action: 'evict' })).map(({ seedId }) => seedId))
    const humans = (await additions('human')).map(({ seedId }) => seedId)
    const left = humans.find((id) => gone.has(id))!
    expect((await told(run.ledger, left)).text).toMatch(
      / · human seed, archived\n[\s\S]*\n {2}end {11}archived: evicted at the end of round \d by the rule “attractive”$/,
    )
    const stayed = humans.find((id) => !gone.has(id))!
    const { story, text } = await told(run.ledger, stayed)
    const humansLeft = humans.filter((id) => !gone.has(id)).length
    expect(story.end).toEqual({
      state: 'seed',
      roundsDone: 4,
      runState: 'done',
      seeds: humans.length,
      humans: humansLeft,
      humanFloor: Math.ceil(humans.length / 2),
    })
    expect(text).toMatch(
      new RegExp(
        `end +human and never replaced when the run was done, after 4 rounds; ${humansLeft} of ${humans.length} seeds are human, at least \\d+ have to be$`,
      ),
    )
  })
})

it('a rule without a signal, and a mask: both are said', async () => {
  const config = unevaluated()
  const run = await finishedRun({
    ...config,
    training: { ...config.training, mask: 'trim', maskShare: 0.3, maskWarmShare: 0 },
    seedPolicy: { ...config.seedPolicy, rule: 'coverage', trustGap: 100 },
  })
  try {
    const promoted = await promotedSeeds(run.ledger)
    expect(promoted.length).toBeGreaterThan(0)
    const { story, text } = await told(run.ledger, promoted[0]!.seedId)
    expect(story).toMatchObject({ rule: 'coverage', signal: { id: 'batch-grad-norm', used: false }, entries: [{ batch: null }] })
    expect(text).toContain('became a seed at the end of round')
    expect(text).not.toContain('that batch')

    const steps = await run.ledger.find('step')
    const batches = await run.ledger.find('batch')
    const masked = new Set(batches.flatMap(({ exampleIds }, i) => exampleIds.filter((_, row) => steps[i]!.masked![row])))
    const [call] = await run.ledger.find('call')
    const shown = (await run.ledger.find('call')).filter(({ seedIds }) => seedIds.includes(call!.seedIds[0]!)).map(({ callId }) => callId)
    const children = (await run.ledger.find('candidate')).filter(({ callId, id }) => shown.includes(callId) && masked.has(id))
    expect(children.length).toBeGreaterThan(0)
    const human = await told(run.ledger, call!.seedIds[0]!)
    expect(human.story.total.masked).toBe(children.length)
    expect(human.text).toMatch(/masked {7} +\d+ of \d+ that were trained on, at least once/)
    expect(human.text).toContain('the rule “coverage” does not use it')
  } finally {
    await run.close()
  }
})

it('progress on probes: the figure of its batch is the one that promoted it', async () => {
  const config = unevaluated()
  const run = await finishedRun({ ...config, feedback: { ...config.feedback, signal: 'probe-progress' }, rounds: 1, target: { calls: 3 } })
  try {
    const promoted = await promotedSeeds(run.ledger)
    expect(promoted.length).toBeGreaterThan(0)
    for (const { seedId, score } of promoted) {
      const { story } = await told(run.ledger, seedId)
      expect(story.signal).toMatchObject({ id: 'probe-progress', used: true })
      expect(story.entries.at(-1)!.batch!.signal).toBeCloseTo(score!, 12)
    }
  } finally {
    await run.close()
  }
})

it('without a trainer and a verifier it says what nobody knows', async () => {
  const run = await finishedRun(smallConfig())
  try {
    const [call] = await run.ledger.find('call')
    const { story, text } = await told(run.ledger, call!.seedIds[0]!)
    expect(story).toMatchObject({ answer: null, signal: null, total: { wrong: null, masked: null, medianFirstGap: null, meanSignal: null, trained: 0 } })
    expect(text).toContain('wrong answers unknown: the run has no verifier')
    expect(text).toContain('signal        none: nothing was trained on')
    expect(text).toMatch(/\n +round +prompts +written +kept +new seeds\n/)
    const unshown = (await run.ledger.find('seed-event')).map(({ seedId }) => seedId)
    const shown = new Set((await run.ledger.find('call')).flatMap(({ seedIds }) => seedIds))
    expect((await told(run.ledger, unshown.find((id) => !shown.has(id))!)).text).toMatch(
      /shown in {6}no prompt\n {2}children {6}none\n {2}cost {10}nothing: it was never shown/,
    )
  } finally {
    await run.close()
  }
})
