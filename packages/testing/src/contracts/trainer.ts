import { inspect } from 'node:util'
import {
  type CallOptions,
  type JobRef,
  type JobSnapshot,
  type ModelRef,
  SediError,
  type Trainer,
  type TrainerCapabilities,
  type TrainingMetric,
  type TrainingSpec,
} from '@sedi/spec'
import { afterAll, beforeAll, describe, expect } from 'vitest'
import { contractTests, need, type Skips } from './contract-tests.ts'

/** Where a trainer keeps its jobs: a folder, a service. */
export type TrainerSubject = {
  /** Another Trainer object over the same jobs, as a restarted process would make it. The suite closes it. */
  open(): Promise<Trainer>
}

export type TrainerContract<Subject extends TrainerSubject> = {
  readonly name: string
  /** What the back end declares before anything is started. Tests of what it does not declare are skipped, and say so. */
  readonly capabilities: TrainerCapabilities
  /** One subject for the whole suite: a job takes a while. */
  create(): Promise<Subject>
  destroy?(subject: Subject): Promise<void>
  /** Steps of a job that goes on for at least a second. @default 150 */
  readonly longJobSteps?: number
  /** Of each test, and of the preparation. @default 60_000 */
  readonly timeoutMs?: number
  readonly skip?: Skips<TrainerTest>
}

export type TrainerTest =
  | 'is what it was declared to be'
  | 'trains, and names the model'
  | 'reports steps in order'
  | 'trains on exactly our batches'
  | 'gives the signals it declares, and no others'
  | 'leaves masked rows out of the gradient'
  | 'never leaves exempt rows out'
  | 'tells errors of rows when asked'
  | 'refuses to tell errors of rows'
  | 'refuses a mask'
  | 'reports steps after a step'
  | 'takes the same job twice as one'
  | 'refuses another spec under a name'
  | 'finds its jobs after a restart'
  | 'follows after a restart what is under way'
  | 'continues from its own model'
  | 'finds everything wrong with a spec'
  | 'cancels a job and keeps its steps'
  | 'goes on with a job that was stopped'
  | 'answers as the trained model'
  | 'scores as the trained model'
  | 'opens the base model'
  | 'does nothing when aborted before'
  | 'ends a wait for steps when aborted'
  | 'refuses what is another trainer’s'
  | 'calls a job nobody knows lost'

const words = ['sun', 'rain', 'river', 'stone', 'cloud', 'field', 'house', 'night']
const steps = 6

/** Six steps on eight examples; the last batch is short. */
export function trainingSpec(changes: Partial<TrainingSpec> = {}, count: number = steps): TrainingSpec {
  return {
    jobName: 'r01',
    examples: words.map((word, i) => ({ id: `e${i}`, prompt: `Say ${word} twice.`, completion: `${word} ${word}` })),
    batches: Array.from({ length: count }, (_, i) => Array.from({ length: i === count - 1 ? 3 : 4 }, (_, j) => `e${(3 * i + 5 * j) % words.length}`)),
    batchSize: 4,
    firstStep: 1,
    optimiser: { learningRate: 0.01, warmupSteps: 0, maxGradNorm: 1, weightDecay: 0 },
    maxLengthTokens: 128,
    randomSeed: 3,
    ...changes,
  }
}

/** Skips what the back end does not declare, by its own word. */
function undeclared({ fixedBatches, perStepLoss, perExampleError, masks, resume, cancel, serves }: TrainerCapabilities): Skips<TrainerTest> {
  const without = (declared: boolean, what: string, ...tests: TrainerTest[]): [TrainerTest, string][] =>
    declared ? [] : tests.map((test) => [test, `it declares no ${what}`])
  return Object.fromEntries([
    ...without(serves, 'serves', 'answers as the trained model', 'scores as the trained model', 'opens the base model'),
    ...without(resume && cancel, 'resume and cancel', 'goes on with a job that was stopped'),
    ...without(cancel, 'cancel', 'cancels a job and keeps its steps', 'follows after a restart what is under way', 'ends a wait for steps when aborted'),
    ...without(fixedBatches, 'fixedBatches', 'trains on exactly our batches'),
    ...without(masks, 'masks', 'leaves masked rows out of the gradient', 'never leaves exempt rows out'),
    ...without(perExampleError, 'perExampleError', 'tells errors of rows when asked'),
    ...(perExampleError ? [['refuses to tell errors of rows', 'it declares perExampleError'] as const] : []),
    ...(masks ? [['refuses a mask', 'it declares masks'] as const] : []),
    ...without(
      perStepLoss,
      'perStepLoss',
      ...(['reports steps in order', 'trains on exactly our batches', 'reports steps after a step'] as const),
      ...(['cancels a job and keeps its steps', 'goes on with a job that was stopped', 'ends a wait for steps when aborted'] as const),
    ),
  ])
}

/** What every Trainer must do. */
export function describeTrainerContract<Subject extends TrainerSubject>(contract: TrainerContract<Subject>): void {
  const { capabilities, longJobSteps = 150, timeoutMs = 60_000 } = contract
  describe(`Trainer: ${contract.name}`, { timeout: timeoutMs }, () => {
    let subject: Subject
    let trainer: Trainer
    let job: JobRef
    let metrics: readonly TrainingMetric[]
    let snapshot: JobSnapshot
    const opened: Trainer[] = []

    beforeAll(async () => {
      subject = await contract.create()
      trainer = await reopen()
      job = await trainer.submit(trainingSpec())
      metrics = await stepsOf(trainer, job)
      snapshot = await ended(trainer, job)
    }, timeoutMs)
    afterAll(async () => {
      await Promise.all(opened.map((one) => one.close?.()))
      await contract.destroy?.(subject)
    }, timeoutMs)

    async function reopen(): Promise<Trainer> {
      const another = await subject.open()
      opened.push(another)
      return another
    }
    const test = contractTests<TrainerTest>({ ...undeclared(capabilities), ...contract.skip })

    test('is what it was declared to be', async () => {
      expect(trainer.specVersion).toBe(1)
      expect(trainer.capabilities).toEqual(capabilities)
      expect(trainer.cancel !== undefined, 'cancel').toBe(capabilities.cancel)
      expect(trainer.open !== undefined, 'open').toBe(capabilities.serves)
    })

    test('trains, and names the model', async () => {
      expect(snapshot).toMatchObject({ state: 'succeeded', model: { trainer: trainer.id, uri: expect.stringMatching(/./) } })
      expect(snapshot.error).toBeUndefined()
      if (capabilities.fixedBatches) expect(snapshot.stepsDone).toBe(steps)
      expect(job.trainer).toBe(trainer.id)
      for (const plain of [job, snapshot]) expect(JSON.parse(JSON.stringify(plain))).toEqual(plain)
    })

    test('reports steps in order', async () => {
      const numbers = metrics.map(({ step }) => step)
      expect(numbers).not.toEqual([])
      expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b))
      if (capabilities.fixedBatches) expect(numbers).toEqual(trainingSpec().batches.map((_, i) => i + 1))
      for (const { step, loss } of metrics) expect(loss, `loss of step ${step}`).toSatisfy((value: number) => Number.isFinite(value) && value > 0)
    })

    test('trains on exactly our batches', async () => {
      expect(metrics.map(({ exampleIds }) => exampleIds)).toEqual(trainingSpec().batches)
    })

    test('gives the signals it declares, and no others', async () => {
      expect(metrics.length > 0, 'perStepLoss').toBe(capabilities.perStepLoss)
      for (const { step, gradNorm, exampleLosses, exampleGaps, exampleErrors, masked, exampleIds } of metrics) {
        expect(gradNorm !== undefined, `gradNorm of step ${step}`).toBe(capabilities.perStepGradNorm)
        if (gradNorm !== undefined) expect(gradNorm).toSatisfy((value: number) => Number.isFinite(value) && value >= 0)
        expect(exampleLosses !== undefined, `exampleLosses of step ${step}`).toBe(capabilities.perExampleLoss)
        if (exampleLosses !== undefined) expect(exampleLosses).toHaveLength(exampleIds.length)
        expect(exampleGaps !== undefined, `exampleGaps of step ${step}`).toBe(capabilities.perExampleGap)
        if (exampleGaps !== undefined) {
          expect(exampleGaps).toHaveLength(exampleIds.length)
          expect(Math.min(...exampleGaps), `exampleGaps of step ${step}`).toBeGreaterThanOrEqual(-1e-6)
        }
        expect(exampleErrors, `exampleErrors of step ${step}, in a job that does not ask for them`).toBeUndefined()
        expect(masked, `masked of step ${step}, in a job without a mask`).toBeUndefined()
      }
    })

    test('leaves masked rows out of the gradient', async () => {
      const trim = { rule: 'trim', share: 0.5, warmSteps: 1 } as const
      const job = await trainer.submit(trainingSpec({ jobName: 'trimmed', mask: trim }))
      const [warm, ...rest] = await stepsOf(trainer, job)
      expect((await ended(trainer, job)).state).toBe('succeeded')
      expect(warm).toEqual({ ...metrics[0], masked: [false, false, false, false] })
      for (const { step, exampleIds, exampleLosses, masked } of rest) {
        // The floor of half the rows; the last batch is short.
        const out = exampleIds.filter((_, row) => masked![row])
        expect(masked, `step ${step}`).toHaveLength(exampleIds.length)
        expect(out, `step ${step}`).toHaveLength(Math.floor(exampleIds.length / 2))
        const lossesOf = (left: boolean) => (exampleLosses ?? []).filter((_, row) => masked![row] === left)
        if (exampleLosses !== undefined) expect(Math.min(...lossesOf(true))).toBeGreaterThanOrEqual(Math.max(...lossesOf(false)) - 1e-3)
      }
      // The first masked step begins with the same weights as its unmasked twin: equal figures of its rows, another gradient.
      const [first, twin] = [rest[0]!, metrics[1]!]
      expect(first.loss).toBeCloseTo(twin.loss, 5)
      first.exampleLosses?.forEach((loss, row) => {
        expect(loss).toBeCloseTo(twin.exampleLosses![row]!, 4)
      })
      if (capabilities.perStepGradNorm) expect(Math.abs(first.gradNorm! / twin.gradNorm! - 1)).toBeGreaterThan(1e-4)

      // A threshold that every row is above leaves a step without a gradient, not without a report.
      const gap = { rule: 'gap', threshold: 1e-9, warmSteps: 1 } as const
      const all = await trainer.submit(trainingSpec({ jobName: 'all-masked', mask: gap }, 2))
      const [, none] = await stepsOf(trainer, all)
      expect(none!.masked).toEqual(none!.exampleIds.map(() => true))
      expect(none!.loss).toBeGreaterThan(0)
      if (capabilities.perStepGradNorm) expect(none!.gradNorm).toBe(0)
      expect((await ended(trainer, all)).state).toBe('succeeded')
      expect((await failure(trainer.submit(trainingSpec({ jobName: 'all-masked' }, 2)))).code).toBe('conflict')
    })

    test('never leaves exempt rows out', async () => {
      const exempt = ['e0', 'e3', 'nobody']
      for (const mask of [
        { rule: 'gap', threshold: 1e-9, warmSteps: 1, exempt },
        { rule: 'trim', share: 0.9, warmSteps: 1, exempt },
      ] as const) {
        const job = await trainer.submit(trainingSpec({ jobName: `exempt-${mask.rule}`, mask }, 3))
        const [warm, ...rest] = await stepsOf(trainer, job)
        expect(warm!.masked).toEqual(warm!.exampleIds.map(() => false))
        const kept = rest.flatMap(({ exampleIds, masked }) => exampleIds.filter((_, row) => masked![row] === false))
        const present = rest.flatMap(({ exampleIds }) => exampleIds.filter((id) => exempt.includes(id)))
        expect(present.length, 'exempt rows in the masked steps').toBeGreaterThan(0)
        if (mask.rule === 'gap') expect(kept).toEqual(present)
        else expect(kept).toEqual(expect.arrayContaining(present))
        expect((await ended(trainer, job)).state).toBe('succeeded')
      }
    })

    test('tells errors of rows when asked', async () => {
      const job = await trainer.submit(trainingSpec({ jobName: 'errors', measures: ['error'] }))
      const told = await stepsOf(trainer, job)
      expect((await ended(trainer, job)).state).toBe('succeeded')
      expect(told.map(({ step }) => step)).toEqual(metrics.map(({ step }) => step))
      for (const { step, exampleErrors, exampleIds } of told) {
        expect(exampleErrors, `exampleErrors of step ${step}`).toHaveLength(exampleIds.length)
        for (const error of exampleErrors!) expect(error, `step ${step}`).toSatisfy((value: number) => value >= 0 && value <= Math.SQRT2 + 1e-6)
      }
      // Asking changes nothing else.
      told.forEach(({ loss }, i) => {
        expect(loss).toBeCloseTo(metrics[i]!.loss, 5)
      })
    })

    test('refuses to tell errors of rows', async () => {
      const spec = trainingSpec({ jobName: 'errors', measures: ['error'] })
      expect(trainer.validate(spec).map(({ path }) => path)).toEqual(['measures'])
      expect((await failure(trainer.submit(spec))).code).toBe('invalid-input')
    })

    test('refuses a mask', async () => {
      for (const mask of [
        { rule: 'gap', threshold: 1.5, warmSteps: 0 },
        { rule: 'trim', share: 0.1, warmSteps: 0 },
      ] as const) {
        const spec = trainingSpec({ jobName: 'a-mask', mask })
        expect(trainer.validate(spec).map(({ path }) => path)).toEqual(['mask'])
        expect((await failure(trainer.submit(spec))).code).toBe('invalid-input')
      }
    })

    test('reports steps after a step', async () => {
      const [first] = metrics
      expect(await stepsOf(trainer, job, { afterStep: first!.step })).toEqual(metrics.slice(1))
      expect(await stepsOf(trainer, job, { afterStep: metrics.at(-1)!.step })).toEqual([])
    })

    test('takes the same job twice as one', async () => {
      const twice = trainingSpec({ jobName: 'twice' }, 2)
      const refs = await Promise.all([trainer.submit(twice), trainer.submit(structuredClone(twice))])
      expect(refs[0]).toEqual(refs[1])
      const before = await stepsOf(trainer, refs[0])
      expect((await ended(trainer, refs[0])).state).toBe('succeeded')
      if (capabilities.fixedBatches) expect(before).toHaveLength(2)
      expect(await trainer.submit(structuredClone(twice))).toEqual(refs[0])
      expect((await trainer.get(refs[0])).state).toBe('succeeded')
      expect(await stepsOf(trainer, refs[0])).toEqual(before)
    })

    test('refuses another spec under a name', async () => {
      for (const changes of [{ randomSeed: 4 }, { batches: trainingSpec().batches.toReversed() }]) {
        expect((await failure(trainer.submit(trainingSpec(changes)))).code).toBe('conflict')
      }
      expect(await trainer.get(job)).toEqual(snapshot)
    })

    test('finds its jobs after a restart', async () => {
      const restarted = await reopen()
      const stored = JSON.parse(JSON.stringify(job)) as JobRef
      expect(await restarted.get(stored)).toEqual(snapshot)
      expect(await stepsOf(restarted, stored)).toEqual(metrics)
      expect(await restarted.submit(trainingSpec())).toEqual(job)
      expect(await restarted.get(stored)).toEqual(snapshot)
    })

    test('follows after a restart what is under way', async () => {
      const spec = trainingSpec({ jobName: 'restarted' }, longJobSteps)
      const before = await reopen()
      const long = await before.submit(spec)
      await firstStep(before, long)
      await before.close?.()
      const after = await reopen()
      // A job that ended with its process is lost, and may be submitted again; one that goes on without us is followed.
      expect(['running', 'lost']).toContain((await after.get(long)).state)
      expect(await after.submit(spec)).toEqual(long)
      await until(after, long, ['running', 'succeeded'])
      await need(after.cancel, 'cancel')(long)
    })

    test('continues from its own model', async () => {
      const next = await trainer.submit(trainingSpec({ jobName: 'r02', firstStep: steps + 1, continueFrom: snapshot.model }))
      const continued = await stepsOf(trainer, next)
      const { state, model } = await ended(trainer, next)
      expect(state).toBe('succeeded')
      expect(model?.uri).not.toBe(snapshot.model?.uri)
      if (!capabilities.fixedBatches) return
      expect(continued.map(({ step }) => step)).toEqual(metrics.map(({ step }) => step + steps))
      expect(continued[0]!.loss).toBeLessThan(metrics[0]!.loss)
    })

    test('finds everything wrong with a spec', async () => {
      const wrong = trainingSpec({ jobName: 'wrong', batches: [['who'], []], continueFrom: { trainer: 'someone-else', uri: 'x' } })
      expect(trainer.validate(trainingSpec())).toEqual([])
      const paths = ['continueFrom.trainer', 'batches[0][0]', 'batches[1]']
      expect(trainer.validate(wrong).map(({ path }) => path)).toEqual(expect.arrayContaining(paths))
      const error = await failure(trainer.submit(wrong))
      expect(error.code).toBe('invalid-input')
      expect(error.issues.map(({ path }) => path)).toEqual(expect.arrayContaining(paths))
      expect((await trainer.get({ ...job, id: 'wrong' })).state).toBe('lost')
    })

    test('cancels a job and keeps its steps', async () => {
      const long = await trainer.submit(trainingSpec({ jobName: 'cancelled' }, longJobSteps))
      await firstStep(trainer, long)
      expect((await trainer.get(long)).state).toBe('running')
      await need(trainer.cancel, 'cancel')(long)
      const kept = await stepsOf(trainer, long)
      expect(await ended(trainer, long)).toMatchObject({ state: 'cancelled', stepsDone: kept.length })
      expect(kept.length).toBeGreaterThan(0)
      expect(kept.length).toBeLessThan(longJobSteps)
      await need(trainer.cancel, 'cancel')(long)
      expect((await (await reopen()).get(long)).state).toSatisfy((state: string) => state === 'cancelled' || state === 'lost')
    })

    test('goes on with a job that was stopped', async () => {
      const spec = trainingSpec({ jobName: 'resumed' }, longJobSteps)
      const long = await trainer.submit(spec)
      await firstStep(trainer, long)
      await need(trainer.cancel, 'cancel')(long)
      const kept = await stepsOf(trainer, long)
      expect((await ended(trainer, long)).state).toBe('cancelled')
      expect(await trainer.submit(spec)).toEqual(long)
      const whole = await stepsOf(trainer, long)
      expect((await ended(trainer, long)).state).toBe('succeeded')
      expect(whole.map(({ step }) => step)).toEqual(spec.batches.map((_, i) => i + 1))
      expect(whole.slice(0, kept.length)).toEqual(kept)
    })

    const ask = (prompt: string) => ({ messages: [{ role: 'user' as const, content: prompt }], maxOutputTokens: 12, temperature: 0, seed: 0 })
    async function withModel<T>(model: ModelRef | undefined, use: (opened: Awaited<ReturnType<NonNullable<Trainer['open']>>>) => Promise<T>): Promise<T> {
      const opened = await need(trainer.open, 'open')(model)
      try {
        return await use(opened)
      } finally {
        await opened.close()
      }
    }

    test('answers as the trained model', async () => {
      await withModel(snapshot.model, async ({ generator }) => {
        const [one, two] = [await generator.generate(ask('Say sun twice.')), await generator.generate(ask('Say sun twice.'))]
        expect(one.text).toBe(two.text)
        expect(['stop', 'length']).toContain(one.finishReason)
        expect(one.usage.outputTokens).toBeGreaterThan(0)
        expect((await failure(generator.generate(ask('Say sun twice.'), { signal: AbortSignal.abort() }))).code).toBe('aborted')
      })
    })

    test('scores as the trained model', async () => {
      const items = trainingSpec().examples
      const totalOf = (model: ModelRef | undefined): Promise<number> =>
        withModel(model, async ({ scorer }) => {
          const scores = await need(scorer, 'scorer').score(items)
          expect(scores).toHaveLength(items.length)
          for (const { tokenLogprobs, topLogprobs } of scores) {
            expect(tokenLogprobs.length).toBe(topLogprobs.length)
            for (const [i, logprob] of tokenLogprobs.entries()) expect(logprob).toBeLessThanOrEqual(topLogprobs[i]! + 1e-6)
          }
          return scores.flatMap(({ tokenLogprobs }) => tokenLogprobs).reduce((sum, value) => sum + value, 0)
        })
      // Sums, because the base model may cut the same text into other tokens.
      expect(await totalOf(snapshot.model)).toBeGreaterThan(await totalOf(undefined))
    })

    test('opens the base model', async () => {
      await withModel(undefined, async ({ generator }) => expect(typeof (await generator.generate(ask('Say sun twice.'))).text).toBe('string'))
    })

    test('does nothing when aborted before', async () => {
      const call: CallOptions = { signal: AbortSignal.abort() }
      const calls: Promise<unknown>[] = [
        trainer.submit(trainingSpec({ jobName: 'aborted' }), call),
        trainer.get(job, call),
        ...(trainer.cancel === undefined ? [] : [trainer.cancel(job, call)]),
        ...(trainer.open === undefined ? [] : [trainer.open(snapshot.model, call)]),
        ...(trainer.metrics === undefined ? [] : [stepsOf(trainer, job, call)]),
      ]
      const codes = await Promise.all(calls.map(async (made) => (await failure(made)).code))
      expect(codes).toEqual(codes.map(() => 'aborted'))
      expect((await trainer.get({ ...job, id: 'aborted' })).state).toBe('lost')
    })

    test('ends a wait for steps when aborted', async () => {
      const long = await trainer.submit(trainingSpec({ jobName: 'watched' }, longJobSteps))
      const controller = new AbortController()
      const seen: number[] = []
      const watching = (async () => {
        for await (const { step } of need(trainer.metrics, 'metrics')(long, { signal: controller.signal })) {
          seen.push(step)
          controller.abort()
        }
      })()
      expect((await failure(watching)).code).toBe('aborted')
      expect(seen).toHaveLength(1)
      expect((await trainer.get(long)).state).toBe('running')
      await need(trainer.cancel, 'cancel')(long)
    })

    test('refuses what is another trainer’s', async () => {
      const theirs = { ...job, trainer: 'someone-else' }
      expect((await failure(trainer.get(theirs))).code).toBe('invalid-input')
      if (trainer.open !== undefined) expect((await failure(trainer.open({ trainer: 'someone-else', uri: 'x' }))).code).toBe('invalid-input')
    })

    test('calls a job nobody knows lost', async () => {
      const unknown = { ...job, id: 'never-submitted' }
      expect(await trainer.get(unknown)).toMatchObject({ state: 'lost', stepsDone: 0 })
      expect(await stepsOf(trainer, unknown)).toEqual([])
    })
  })
}

async function stepsOf(trainer: Trainer, job: JobRef, call: CallOptions & { readonly afterStep?: number } = {}): Promise<TrainingMetric[]> {
  const seen: TrainingMetric[] = []
  if (trainer.metrics === undefined) return seen
  for await (const metric of trainer.metrics(job, call)) seen.push(metric)
  return seen
}

/** Waits until the job's first step is done; where steps are not told, until it runs. */
async function firstStep(trainer: Trainer, job: JobRef): Promise<void> {
  if (trainer.metrics !== undefined && trainer.capabilities.perStepLoss) for await (const _ of trainer.metrics(job)) return
  await until(trainer, job, ['running'])
}

const ended = (trainer: Trainer, job: JobRef): Promise<JobSnapshot> => until(trainer, job, ['succeeded', 'failed', 'cancelled', 'lost'])

/** The test's time limit ends this. */
async function until(trainer: Trainer, job: JobRef, states: readonly string[]): Promise<JobSnapshot> {
  for (;;) {
    const snapshot = await trainer.get(job)
    if (states.includes(snapshot.state)) return snapshot
    await new Promise((resolve) => setTimeout(resolve, 20))
  }
}

async function failure(made: Promise<unknown>): Promise<SediError> {
  const outcome = await made.then(
    (value) => value,
    (error: unknown) => error,
  )
  if (!SediError.is(outcome)) throw new Error(`Expected a SediError, got ${inspect(outcome)}`)
  return outcome
}
