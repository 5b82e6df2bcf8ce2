import type { Fact, OpenRun, StepFact, TextGenerator, Trainer, TrainerCapabilities } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { carryOn, createTestRun, newStore, scriptedTrainer, simulatedTeacher } from './fixtures/harness.ts'
import type { ExampleScorer } from './run-context.ts'
import { maskRule } from './state/mask-rule.ts'
import { maskOf } from './steps/train-on-batches.ts'

const promotedIn = async ({ ledger }: OpenRun) => (await ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')

/** A trainer of less: what it does not declare it does not tell. */
function lesserTrainer(changes: Partial<TrainerCapabilities>): ReturnType<typeof scriptedTrainer> {
  const trainer = scriptedTrainer()
  const told = trainer.metrics!
  const capabilities = { ...trainer.capabilities, ...changes }
  const less: Trainer['metrics'] = async function* (job) {
    for await (const { gradNorm, exampleLosses, exampleIds, ...metric } of told(job)) {
      yield {
        ...metric,
        exampleIds: capabilities.fixedBatches ? exampleIds : [],
        ...(capabilities.perStepGradNorm ? { gradNorm } : {}),
        ...(capabilities.perExampleLoss ? { exampleLosses } : {}),
      }
    }
  }
  Object.assign(trainer, { capabilities })
  if (capabilities.perStepLoss) trainer.metrics = less
  else delete trainer.metrics
  return trainer
}

describe('the signal of feedback', () => {
  it('is the loss drop where there are no norms; batches of a trainer that makes its own are advisory', async () => {
    const run = await createTestRun(newStore())
    // Twice as many steps as composed, as a service that splits batches would make.
    const trainer = lesserTrainer({ fixedBatches: false, perStepGradNorm: false, perExampleLoss: false })
    const told = trainer.metrics!
    trainer.metrics = async function* (job) {
      let last = 0
      for await (const metric of told(job)) {
        yield metric
        last = metric.step
      }
      for (let extra = 1; extra <= 8; extra++) yield { step: 1000 + last + extra, exampleIds: [], loss: 1 }
    }
    const notices: string[] = []
    expect((await carryOn(run, { adapters: { trainer }, onNotice: (notice) => notices.push(notice) })).state).toBe('done')
    const steps = await run.ledger.find('step')
    expect(steps).toHaveLength(24)
    expect(steps.every(({ gradNorm, exampleLosses }) => gradNorm === null && exampleLosses === null)).toBe(true)
    const promoted = await promotedIn(run)
    expect(promoted.length).toBeGreaterThan(2)
    const loss = new Map(steps.map((step) => [step.step, step.loss]))
    for (const { signal, score, step } of promoted) {
      expect(signal).toBe('loss-drop')
      expect(score).toBe(loss.get(step!)! - loss.get(step! + 1)!)
    }
    const [stage] = await run.ledger.find('stage', { stage: 'train' })
    expect(stage!.summary).toMatchObject({ signal: 'loss-drop', steps: 8, told: 8 })
    expect(notices.join()).toContain('made 8 more steps than the 8 composed ones; their figures are left out')
    await run.close()
  })

  it('is the IFD of a scorer where the trainer tells nothing; recorded once, restored after a stop', async () => {
    const run = await createTestRun(newStore())
    const trainer = lesserTrainer({ fixedBatches: false, perStepLoss: false, perStepGradNorm: false, perExampleLoss: false })
    let opened = 0
    let closed = 0
    // log p of an answer after its instruction depends on its length; alone it is −1.
    const scorer: ExampleScorer = {
      id: 'small',
      async open() {
        opened++
        const score = async (items: readonly { prompt: string; completion: string }[]) =>
          items.map(({ prompt, completion }) => ({ tokenLogprobs: [prompt === '' ? -1 : -1 / (1 + completion.length)], topLogprobs: [0] }))
        return { scorer: { score }, close: async () => void closed++ }
      },
    }
    const config = { feedback: { everySteps: 4, scorer: { id: 'small' } } }
    const stop = new AbortController()
    const submit = trainer.submit.bind(trainer)
    trainer.submit = async (spec) => {
      if (spec.jobName === 'r02') stop.abort()
      return submit(spec)
    }
    expect((await carryOn(run, { config, adapters: { trainer, scorer }, stop: stop.signal })).state).toBe('paused')
    expect((await carryOn(run, { config, adapters: { trainer, scorer } })).state).toBe('done')
    expect([opened, closed]).toEqual([3, 3])
    const scores = await run.ledger.find('scores')
    expect(scores.map(({ round, measure, scorer: by }) => [round, measure, by])).toEqual([1, 2, 3].map((round) => [round, 'ifd', 'small']))
    const ids = scores.flatMap(({ ids }) => ids)
    expect(new Set(ids).size).toBe(ids.length)
    const figures = new Map(scores.flatMap(({ ids, values }) => ids.map((id, i) => [id, values[i]!])))
    const promoted = await promotedIn(run)
    expect(promoted.length).toBeGreaterThan(2)
    for (const { signal, score, step } of promoted) {
      const [batch] = await run.ledger.find('batch', { step: step! })
      const own = batch!.exampleIds.map((id) => figures.get(id)!).filter((value) => value < 1)
      expect(signal).toBe('ifd')
      expect(score).toBeCloseTo(own.reduce((a, b) => a + b, 0) / own.length, 12)
    }
    expect(await run.ledger.find('step')).toEqual([])
    await run.close()
  })
})

describe('progress on probes', () => {
  /** A student whose loss on a task falls by a tenth of its output's length with every round. */
  function probedTrainer() {
    const trainer = scriptedTrainer()
    const opened: (string | undefined)[] = []
    trainer.open = async (model) => {
      opened.push(model?.uri)
      const round = model === undefined ? 0 : Number(model.uri.slice(1))
      const score = async (items: readonly { prompt: string; completion: string }[]) =>
        items.map(({ completion }) => ({ tokenLogprobs: [-10 + (round * completion.length) / 10, -10], topLogprobs: [0, 0] }))
      return { generator: await simulatedTeacher(), scorer: { score }, close: async () => {} }
    }
    const told = trainer.metrics!
    trainer.metrics = async function* (job) {
      for await (const metric of told(job)) yield { ...metric, exampleGaps: metric.exampleIds.map((id) => (/[0-4]$/.test(id) ? 2 : 0.1)) }
    }
    return { trainer, opened }
  }
  const config = { feedback: { everySteps: 4, signal: 'probe-progress', poolProbes: 10 }, batches: { size: 16, composer: 'random' } }

  it('scores one fixed probe set after each round, and ranks batches by what the round did for their clusters', async () => {
    const run = await createTestRun(newStore())
    const { trainer, opened } = probedTrainer()
    const stop = new AbortController()
    const open = trainer.open!.bind(trainer)
    trainer.open = async (model) => {
      if (model?.uri === 'r02') stop.abort()
      return open(model)
    }
    expect((await carryOn(run, { config, adapters: { trainer }, stop: stop.signal })).state).toBe('paused')
    expect((await carryOn(run, { config, adapters: { trainer } })).state).toBe('done')
    // Begun anew where it was stopped, never twice where it was recorded.
    expect(opened).toEqual([undefined, 'r01', 'r02', 'r02', 'r03'])
    const facts = await run.ledger.find('scores')
    expect(facts.map(({ round, measure }) => `${round} ${measure}`)).toEqual(['1 probe-loss-before', '1 probe-loss', '2 probe-loss', '3 probe-loss'])
    const human = (await run.ledger.find('seed-event', { round: 0 })).map(({ seedId }) => seedId)
    const { ids } = facts[0]!
    expect(ids.slice(0, -10)).toEqual(human)
    // Of the first round, and what the student did not contradict.
    for (const id of ids.slice(-10)) expect(id).toMatch(/^r01-.*[5-9]$/)
    for (const fact of facts) expect(fact.ids).toEqual(ids)

    const promoted = await promotedIn(run)
    expect(promoted.length).toBeGreaterThan(2)
    for (const { signal, score } of promoted) expect([signal, score! > 0]).toEqual(['probe-progress', true])
    expect(new Set(promoted.map(({ score }) => score)).size).toBeGreaterThan(2)
    await run.close()
  })

  it('is refused in words where the models that were trained do not score', async () => {
    const run = await createTestRun(newStore())
    const { trainer } = probedTrainer()
    trainer.open = async () => ({ generator: await simulatedTeacher(), close: async () => {} })
    const { state, error } = await carryOn(run, { config, adapters: { trainer } })
    expect([state, error?.code]).toEqual(['paused', 'unsupported'])
    expect(error!.message).toContain('“probe-progress” needs a model that scores, and the trainer “scripted” opens none')
    await run.close()
  })
})

describe('a mask', () => {
  const batches = Array.from({ length: 10 }, (_, i) => ({ step: 11 + i }))
  const training = { mask: 'gap', maskThreshold: 1.5, maskShare: 0.1, maskWarmShare: 0.15 } as never
  it('begins after its share of the rounds, a fraction of a round counted in steps', () => {
    const warm = (round: number, rounds: number) => maskOf(round, batches, { training, rounds } as never, undefined)!.warmSteps
    expect(warm(1, 20)).toBe(20) // the whole round
    expect(warm(3, 20)).toBe(20)
    expect(warm(4, 20)).toBe(10) // from its first step on
    expect(warm(1, 1)).toBe(12) // 15 % of 10 steps, rounded
    expect(warm(1, 4)).toBe(16) // 0.6 of the first round
  })

  it('is by gap where `auto` finds a trainer that can, and none elsewhere', () => {
    const ruleOf = (mask: string, can?: { masks: boolean; perExampleGap: boolean }) => maskRule({ training: { mask } as never }, can)
    expect(ruleOf('auto', { masks: true, perExampleGap: true })).toBe('gap')
    expect(ruleOf('auto', { masks: true, perExampleGap: false })).toBe('none')
    expect(ruleOf('auto', { masks: false, perExampleGap: true })).toBe('none')
    expect(ruleOf('auto')).toBe('none')
    expect(ruleOf('trim', { masks: false, perExampleGap: false })).toBe('trim') // asked for by name: refused, not left out
    expect(maskOf(1, batches, { training: { ...(training as object), mask: 'auto' }, rounds: 1 } as never, undefined)).toBeUndefined()
  })

  it('goes to the trainer as the configuration says, and what it left out is on record', async () => {
    const run = await createTestRun(newStore())
    const trainer = scriptedTrainer()
    const told = trainer.metrics!
    trainer.metrics = async function* (job) {
      for await (const metric of told(job)) {
        const gaps = metric.exampleIds.map((_, row) => row / 4)
        yield { ...metric, exampleGaps: gaps, masked: gaps.map((gap) => gap > 3) }
      }
    }
    await carryOn(run, { config: { training: { stepsPerRound: 8, mask: 'trim', maskShare: 0.25, maskWarmShare: 0 } }, adapters: { trainer } })
    expect(trainer.submitted.map(({ mask }) => mask)).toEqual([0, 8, 16].map((warmSteps) => ({ rule: 'trim', share: 0.25, warmSteps })))
    const [step] = await run.ledger.find('step')
    expect(step).toMatchObject({ exampleGaps: Array.from({ length: 16 }, (_, i) => i / 4), masked: Array.from({ length: 16 }, (_, i) => i > 12) })
    const [stage] = await run.ledger.find('stage', { stage: 'train' })
    const rows = (await run.ledger.find('step', { round: 1 })).map(({ masked }) => masked!)
    const left = rows.flat().filter(Boolean).length
    expect(left).toBeGreaterThan(10)
    expect(stage!.summary).toMatchObject({ maskedRows: left, maskedShare: left / rows.flat().length })
    await run.close()
  })
})

describe('a mask held to a share of each cluster', () => {
  /** Its student is sure of other answers to whatever is in clusters 0 to 3 of the first round. */
  function sureTrainer({ ledger }: OpenRun, sure: Set<string>, onStep: (step: number) => void = () => {}) {
    const trainer = scriptedTrainer()
    Object.assign(trainer, { capabilities: { ...trainer.capabilities, perExampleGap: true, masks: true } })
    const told = trainer.metrics!
    trainer.metrics = async function* (job) {
      for await (const metric of told(job)) {
        const [batch] = await ledger.find('batch', { step: metric.step })
        for (const [row, id] of metric.exampleIds.entries()) if (metric.step <= 8 && batch!.clusters![row]! <= 3) sure.add(id)
        const exampleGaps = metric.exampleIds.map((id) => (sure.has(id) ? 3 : 0))
        yield { ...metric, exampleGaps, masked: exampleGaps.map((gap) => metric.step > 2 && gap > 1.5) }
        onStep(metric.step)
      }
    }
    return trainer
  }

  it('without a limit, names the clusters that were left out for the most part', async () => {
    const run = await createTestRun(newStore())
    const notices: string[] = []
    const config = {
      training: { stepsPerRound: 8, mask: 'gap', maskWarmShare: 0.1, maskClusterShare: 1 },
      batches: { size: 16, composer: 'round-robin', clusters: 8 },
    }
    await carryOn(run, { config, adapters: { trainer: sureTrainer(run, new Set()) }, onNotice: (notice) => notices.push(notice) })
    const [first] = await run.ledger.find('stage', { stage: 'train' })
    expect(notices).toContain(first!.summary.warning)
    expect(notices.join()).toMatch(/Round 1: the mask left out more than half of the rows of (a cluster|\d clusters) \(cluster \d: \d+ of \d+/)
    await run.close()
  })

  it('keeps clusters in that it would leave out for the most part, by the rounds before; the same after a stop', async () => {
    const run = await createTestRun(newStore())
    const sure = new Set<string>()
    let stop: AbortController | undefined = new AbortController()
    const trainer = sureTrainer(run, sure, (step) => {
      if (step === 20) stop?.abort()
    })
    const config = {
      training: { stepsPerRound: 8, mask: 'gap', maskWarmShare: 0.1, maskClusterShare: 0.5 },
      batches: { size: 16, composer: 'random', clusters: 8 },
    }
    expect((await carryOn(run, { config, adapters: { trainer }, stop: stop.signal })).state).toBe('paused')
    stop = undefined
    expect((await carryOn(run, { config, adapters: { trainer } })).state).toBe('done')
    const exempt = trainer.submitted.map(({ mask }) => mask?.exempt)
    expect(exempt[0]).toBeUndefined()
    expect(exempt[1]!.length).toBeGreaterThan(4)
    // Of what was trained on before; the new instructions in those clusters are kept in as well.
    const known = exempt[1]!.filter((id) => id.startsWith('r01-'))
    expect(known.filter((id) => sure.has(id)).length / known.length).toBeGreaterThan(0.5)
    expect(exempt[1]!.length).toBeGreaterThan(known.length)
    // The job after the stop is the job before it.
    expect(trainer.submitted[3]).toEqual(trainer.submitted[2])
    const [first, second] = await run.ledger.find('stage', { stage: 'train' })
    expect(first!.summary).toMatchObject({ maskedClusters: expect.arrayContaining([expect.objectContaining({ cluster: 0 })]) })
    expect(first!.summary.exempt).toBeUndefined()
    // The limit is the remedy that the warning would name.
    expect(first!.summary.warning).toBeUndefined()
    expect(second!.summary).toMatchObject({ exempt: exempt[1]!.length })
    await run.close()
  })
})

describe('EL2N', () => {
  it('is asked for where it is the signal, and promotes by it; where it is not told all the same, that is an error', async () => {
    const trainer = scriptedTrainer()
    Object.assign(trainer, { capabilities: { ...trainer.capabilities, perExampleError: true } })
    const told = trainer.metrics!
    trainer.metrics = async function* (job) {
      for await (const metric of told(job)) yield { ...metric, exampleErrors: metric.exampleIds.map((id) => Number(id.slice(-2)) / 20) }
    }
    const config = { feedback: { everySteps: 4, signal: 'el2n' } }
    const run = await createTestRun(newStore())
    expect((await carryOn(run, { config, adapters: { trainer } })).state).toBe('done')
    expect(trainer.submitted.map(({ measures }) => measures)).toEqual([['error'], ['error'], ['error']])
    const promoted = await promotedIn(run)
    expect(promoted.length).toBeGreaterThan(2)
    for (const { signal, score, step } of promoted) {
      const [told] = await run.ledger.find('step', { step: step! })
      const errors = told!.exampleErrors!
      expect(signal).toBe('el2n')
      expect(score).toBeCloseTo(errors.reduce((a, b) => a + b, 0) / errors.length, 12)
    }
    await run.close()

    const silent = scriptedTrainer()
    Object.assign(silent, { capabilities: trainer.capabilities })
    const other = await createTestRun(newStore())
    const { error } = await carryOn(other, { config, adapters: { trainer: silent } })
    expect([error?.code, error?.message]).toEqual(['provider-response', expect.stringContaining('tells no exampleErrors of step 1')])
    await other.close()
  })
})

describe('what may become a seed', () => {
  it('is compared with the seeds by the tokenizer of the filter', async () => {
    const run = await createTestRun(newStore())
    const teacher = await simulatedTeacher()
    // Words of another script, all alike to a tokenizer that sees “SQL” only.
    const cyrillic = (text: string): string => `${text.replace(/[a-z]/gi, (letter) => String.fromCodePoint(0x40d + (letter.codePointAt(0)! & 31)))} (SQL)`
    const generator: TextGenerator = {
      ...teacher,
      async generate(request, call) {
        const result = await teacher.generate(request, call)
        return { ...result, text: result.text.replace(/(?<=Instruction: ).*/g, cyrillic) }
      },
    }
    const config = { filter: { tokenizer: 'unicode', heuristics: 'none' }, feedback: { everySteps: 4, verify: false } }
    expect((await carryOn(run, { config, adapters: { generator } })).state).toBe('done')
    const [stage] = await run.ledger.find('stage', { stage: 'reseed' })
    expect(JSON.stringify(stage!.summary.refused)).not.toContain('resembles')
    expect((await promotedIn(run)).length).toBeGreaterThan(2)
    await run.close()
  })
})

describe('how training jobs ended', () => {
  it('is on record for every attempt', async () => {
    const run = await createTestRun(newStore())
    await carryOn(run, { adapters: { trainer: scriptedTrainer({ failAtStep: 13 }) } })
    await carryOn(run)
    const outcomes = await run.ledger.find('training-outcome')
    expect(outcomes.map(({ round, state, message }) => [round, state, message])).toEqual([
      [1, 'succeeded', ''],
      [2, 'failed', 'loss is NaN'],
      [2, 'succeeded', ''],
      [3, 'succeeded', ''],
    ])
    await run.close()
  })
})

describe('seed policies', () => {
  const finish = async (rule: string, adapters: object = {}): Promise<OpenRun> => {
    const run = await createTestRun(newStore())
    expect((await carryOn(run, { config: { seedPolicy: { rule, protectHuman: 0.5 }, feedback: { everySteps: 4, verify: false } }, adapters })).state).toBe(
      'done',
    )
    return run
  }
  const sizes = async ({ ledger }: OpenRun) => {
    const events = await ledger.find('seed-event')
    const active = new Map<string, Fact & { kind: 'seed-event' }>()
    for (const event of events) event.action === 'add' ? active.set(event.seedId, event) : active.delete(event.seedId)
    return { size: active.size, human: [...active.values()].filter(({ origin }) => origin === 'human').length }
  }

  it('random: as many change as with attractive, half of the seeds stay human', async () => {
    const [random, attractive] = [await finish('random'), await finish('attractive')]
    const counts = await Promise.all([random, attractive].map(async (run) => (await promotedIn(run)).length))
    expect(counts[0]).toBe(counts[1])
    const { size, human } = await sizes(random)
    expect(human / size).toBeGreaterThanOrEqual(0.5)
    for (const event of await promotedIn(random)) expect(event).toMatchObject({ step: null, score: null, reason: 'drawn by lot' })
    await Promise.all([random.close(), attractive.close()])
  })

  it('coverage: draws the unprotected half anew each round, from what the student did not contradict', async () => {
    const trainer = scriptedTrainer()
    Object.assign(trainer, { capabilities: { ...trainer.capabilities, perExampleGap: true } })
    const told = trainer.metrics!
    trainer.metrics = async function* (job) {
      for await (const metric of told(job)) yield { ...metric, exampleGaps: metric.exampleIds.map((id) => (id.endsWith('0') ? 2 : 0.1)) }
    }
    const run = await finish('coverage', { trainer })
    const { size, human } = await sizes(run)
    expect(human).toBeGreaterThanOrEqual(Math.ceil(size / 2))
    const promoted = await promotedIn(run)
    // Drawn anew: more entered over the rounds than are there at the end.
    expect(promoted.length).toBeGreaterThan(size - human)
    expect(size - human).toBeGreaterThan(20)
    for (const { seedId, signal, reason } of promoted) {
      expect(seedId.endsWith('0')).toBe(false)
      expect([signal, reason]).toEqual(['coverage', expect.stringMatching(/its signature “\S+ \S+” has \d+ of \d+ instructions; first gap 0\.10/)])
    }
    const steps: readonly StepFact[] = await run.ledger.find('step')
    expect(steps[0]!.exampleGaps).not.toBeNull()
    await run.close()
  })

  it('bandit: draws from clusters whose seeds had children that were learned; the same again from the same ledger', async () => {
    const run = await finish('bandit')
    const { size, human } = await sizes(run)
    expect(human).toBeGreaterThanOrEqual(Math.ceil(size / 2))
    const promoted = await promotedIn(run)
    expect(promoted.length).toBeGreaterThan(size - human)
    const clusterIn = new Map(
      (await run.ledger.find('batch')).flatMap(({ round, exampleIds, clusters }) => exampleIds.map((id, row) => [`${round} ${id}`, clusters![row]])),
    )
    for (const { seedId, round, signal, score, reason } of promoted) {
      expect([signal, Number.isFinite(score)]).toEqual(['bandit', true])
      expect(reason).toContain(`drawn from cluster ${clusterIn.get(`${round} ${seedId}`)}, of `)
    }
    // Rewards need promoted seeds that have children: none before the second round's training.
    const rewarded = (round: number) => promoted.filter((event) => event.round === round && !event.reason.includes('weight 0.0')).length
    expect([rewarded(1), rewarded(2) + rewarded(3) > 0]).toEqual([0, true])
    const again = await finish('bandit')
    expect(await again.ledger.digest()).toBe(await run.ledger.digest())
    await Promise.all([run.close(), again.close()])
  })
})
