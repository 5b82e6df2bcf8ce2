import { createRng } from '@sedi/core'
import { parseConfig } from '@sedi/kit'
import type { CandidateFact, Fact, RunFact } from '@sedi/spec'
import { createSqliteStore } from '@sedi/store'

/** A made-up run of any size, as the loop would have recorded it: texts of many topics, near repetitions rejected, batches, steps, seeds, scores. */
export type MadeUpRun = { readonly runId: string; readonly instructions: number }

const itemsPerCall = 20
const rounds = 10
const stepsPerRound = 500
const batchSize = 128
const windowSteps = 10
const humanSeeds = 175
const testItems = 200
const begin = 1_790_000_000_000

/** Facts recorded in one append while filling. */
const factsPerAppend = 2000

/** Writes the run through the store's own append and closes it. */
export async function writeMadeUpRun(folder: string, { runId, instructions }: MadeUpRun, onProgress: (written: number) => void = () => {}): Promise<void> {
  const store = createSqliteStore({ folder, softwareVersion: 'bench' })
  const world = createWorld(runId)
  const run = await store.create(runFact(runId, instructions), [...world.humans(), ...heldOut(), state(0, 'running', begin)])
  let waiting: Fact[] = []
  const record = async (facts: readonly Fact[], now = false): Promise<void> => {
    waiting.push(...facts)
    if (!now && waiting.length < factsPerAppend) return
    await run.ledger.append(waiting)
    waiting = []
  }
  const calls = Math.ceil(instructions / itemsPerCall)
  const perRound = Math.ceil(calls / rounds)
  for (let call = 0; call < calls; call++) {
    await record(world.call(call, Math.floor(call / perRound) + 1, call % perRound))
    if (call % 500 === 0) onProgress(call * itemsPerCall)
    if ((call + 1) % perRound === 0 || call + 1 === calls) {
      for (const facts of world.training(Math.floor(call / perRound) + 1)) await record(facts)
    }
  }
  await record([state(1, 'done', begin + calls * 200)], true)
  await run.close()
}

function runFact(runId: string, instructions: number): RunFact {
  const config = parseConfig(
    {
      recipe: 'sedi',
      seeds: 'sedi:general',
      generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
      trainer: 'embedded',
      rounds,
      target: { calls: Math.ceil(instructions / itemsPerCall) },
      evaluation: { evaluators: ['exact-match'], heldOut: 'made-up.jsonl' },
    },
    '/made-up/sedi.config.yaml',
  )
  return { kind: 'run', runId, config: config as never, fingerprint: '0'.repeat(64), softwareVersion: 'bench', createdAt: begin }
}

const state = (index: number, name: 'running' | 'done', at: number): Fact => ({
  kind: 'run-state',
  index,
  state: name,
  reason: name === 'done' ? 'target reached' : '',
  errorCode: null,
  at,
})

const heldOut = (): Fact[] =>
  Array.from(
    { length: testItems },
    (_, i): Fact => ({ kind: 'held-out', itemId: `t${i}`, instruction: `Question ${i}`, input: '', reference: String(i), group: `group ${i % 8}` }),
  )

type World = {
  humans(): Fact[]
  /** Attempt, outcome, answer, items, yield. */
  call(call: number, round: number, index: number): Fact[]
  /** Batches, steps, seeds, scores and ends of stages, some at a time. */
  training(round: number): Fact[][]
}

const syllables =
  'ba be bi bo da de di do fa fe fi ga ge go ha he hi ka ke ki ko la le li lo ma me mi mo na ne ni no pa pe pi ra re ri ro sa se si so ta te ti to va ve vi wa we za zo'.split(
    ' ',
  )
const verbs = 'Explain Describe List Compare Rewrite Summarise Translate Compute Name Suggest Plan Draft Classify Sort Find'.split(' ')
const small = 'the a of in for with and to from about that which every two three short plain new old'.split(' ')

function createWorld(name: string): World {
  const rng = createRng(1, 'bench', name)
  const word = (): string => Array.from({ length: 2 + rng.int(3) }, () => syllables[rng.int(syllables.length)]).join('')
  const topics = Array.from({ length: 300 }, () => Array.from({ length: 80 }, word))
  const pool: string[] = []
  const recent: { id: string; text: string }[] = []
  const seeds: string[] = []
  let seedEvents = 0
  let step = 0

  function text(length: number): string {
    const topic = topics[rng.int(topics.length)]!
    const words = Array.from({ length }, () => (rng.int(3) === 0 ? small[rng.int(small.length)] : topic[Math.floor(topic.length * rng.next() ** 2)]))
    return `${verbs[rng.int(verbs.length)]} ${words.join(' ')}.`
  }

  function item(id: string, callId: string, round: number): CandidateFact {
    const rest = { kind: 'candidate', id, callId, round, input: '', detail: '', flags: [], costNanoUsd: 25_000 } as const
    const drawn = rng.int(100)
    const earlier = recent[rng.int(Math.max(1, recent.length))]
    if (drawn < 27 && earlier !== undefined) {
      const instruction = earlier.text.replace(/ \S+$/, ` ${word()}.`)
      return { ...rest, instruction, output: text(30), verdict: 'rejected', reason: 'similar', nearestId: earlier.id, nearestScore: 0.86 + 0.13 * rng.next() }
    }
    if (drawn < 30)
      return { ...rest, instruction: '', output: '', detail: text(6), verdict: 'rejected', reason: 'malformed', nearestId: null, nearestScore: null }
    const instruction = text(12 + rng.int(12))
    pool.push(id)
    recent[recent.length < 5000 ? recent.length : rng.int(5000)] = { id, text: instruction }
    const near = earlier === undefined ? { nearestId: null, nearestScore: null } : { nearestId: earlier.id, nearestScore: 0.2 + 0.4 * rng.next() }
    return { ...rest, instruction, output: text(25 + rng.int(20)), verdict: 'kept', reason: null, ...near }
  }

  const seedEvent = (event: Partial<Extract<Fact, { kind: 'seed-event' }>> & { readonly seedId: string }): Fact => ({
    kind: 'seed-event',
    index: seedEvents++,
    round: 0,
    action: 'add',
    origin: 'human',
    instruction: text(14),
    input: '',
    output: text(8),
    exampleId: null,
    step: null,
    windowEnd: null,
    signal: null,
    score: null,
    reason: 'human seed',
    ...event,
  })

  function revise(round: number): Fact[] {
    return Array.from({ length: stepsPerRound / windowSteps }, (_, window): Fact[] => {
      const end = (round - 1) * stepsPerRound + (window + 1) * windowSteps
      const promoted = pool[rng.int(pool.length)]!
      if (seeds.includes(promoted)) return []
      const place = rng.int(seeds.length)
      const [gone] = seeds.splice(place, 1, promoted)
      const origin = gone!.startsWith('seed-') ? 'human' : 'machine'
      const told = { round, windowEnd: end, signal: 'batch-grad-norm', score: 1 + rng.next() }
      return [
        seedEvent({ ...told, action: 'evict', seedId: gone!, origin, reason: 'lowest mean batch-grad-norm of the batches its children were in' }),
        seedEvent({ ...told, seedId: promoted, origin: 'machine', exampleId: promoted, step: end - rng.int(windowSteps), reason: 'picked from the batch' }),
      ]
    }).flat()
  }

  return {
    humans() {
      for (let i = 0; i < humanSeeds; i++) seeds.push(`seed-${i}`)
      return seeds.map((seedId) => seedEvent({ seedId }))
    },
    call(call, round, index) {
      const callId = `r${String(round).padStart(2, '0')}-c${String(index).padStart(4, '0')}`
      const at = begin + call * 200
      const items = Array.from({ length: itemsPerCall }, (_, i) => item(`${callId}-i${String(i).padStart(2, '0')}`, callId, round))
      const sizes = { reservedNanoUsd: 700_000, reservedInputTokens: 600, reservedOutputTokens: 3000, recovery: 'lost' } as const
      return [
        { kind: 'attempt', callId, attempt: 1, round, ...sizes, at },
        {
          ...{ kind: 'outcome', callId, attempt: 1, result: 'answered', charged: 'settled', costNanoUsd: 500_000 },
          ...{ errorCode: null, message: '', latencyMs: 300, at },
        },
        {
          kind: 'call',
          ...{ callId, round, index, stage: 'tasks', parentId: null },
          seedIds: Array.from({ length: 3 }, () => seeds[rng.int(seeds.length)]!),
          request: { messages: [{ role: 'user', content: text(120) }], maxOutputTokens: 3072, temperature: 1, seed: call },
          requestHash: call.toString(16).padStart(64, '0'),
          text: items.map(({ instruction, output }) => `${instruction}\n${output}`).join('\n###\n'),
          responseHash: (call + 1).toString(16).padStart(64, '0'),
          ...{ finishReason: 'stop', provider: 'made-up', modelId: 'made-up', usage: { inputTokens: 500, outputTokens: 1200 } },
          ...{ costNanoUsd: 500_000, warnings: [], latencyMs: 300, at },
        },
        ...items,
        { kind: 'yield', callId, round, raw: items.length, kept: items.filter(({ verdict }) => verdict === 'kept').length },
      ] as Fact[]
    },
    training(round) {
      const at = begin + round * 10_000_000
      const steps = Array.from({ length: stepsPerRound }, () => ++step)
      const example = (): string => pool[rng.int(pool.length)]!
      const batches = steps.map(
        (one): Fact => ({
          kind: 'batch',
          ...{ step: one, round, epoch: 1, composer: 'round-robin', exampleIds: Array.from({ length: batchSize }, example) },
          ...{ clusters: Array.from({ length: batchSize }, (_, i) => i), diversity: 0.9 + 0.05 * rng.next(), conflicts: 0 },
        }),
      )
      const told = steps.map((one): Fact => {
        const loss = 2 / (1 + one / 800) + 0.2 * rng.next()
        const losses = Array.from({ length: batchSize }, () => Math.round(1e4 * loss * (0.5 + rng.next())) / 1e4)
        return {
          kind: 'step',
          ...{ step: one, round, loss, gradNorm: loss * (0.5 + rng.next()), learningRate: 3e-3, targetTokens: 4000, exampleLosses: losses },
          ...{ exampleGaps: null, exampleErrors: null, masked: null, at: at + one },
        }
      })
      const scores = Array.from(
        { length: testItems },
        (_, i): Fact => ({ kind: 'eval', round, evaluator: 'exact-match', itemId: `t${i}`, value: Number(rng.next() < 0.2 + 0.05 * round), prediction: 'x' }),
      )
      const end = (stage: 'generate' | 'compose' | 'train' | 'reseed' | 'evaluate', summary: object = {}): Fact => ({
        kind: 'stage',
        ...{ round, stage, summary: summary as never, at },
      })
      const closing = [end('generate'), end('compose', { pool: pool.length }), end('train'), ...revise(round), end('reseed'), ...scores, end('evaluate')]
      const some = (facts: readonly Fact[]): Fact[][] => Array.from({ length: 10 }, (_, i) => facts.slice(i * 50, i * 50 + 50))
      return [...some(batches), ...some(told), closing]
    },
  }
}
