import type { Fact } from '@sedi/spec'

/** Facts of a made-up run, as the loop would record them: 20 items for each call, half of them kept. */
export const itemsPerCall = 20
/** Calls after which 40 batches of 32 are trained on and 100 scores are recorded. */
export const callsPerRound = 4000

const words = 'list name the oldest bridge in town and say why it was built write a short note to your landlord about the heating'.split(' ')

/** Text of about so many words, the same for the same number. */
function textOf(number: number, length: number): string {
  return Array.from({ length }, (_, i) => words[(number * 7 + i * (1 + (number % 5))) % words.length]).join(' ')
}

export const callIdOf = (call: number): string => `r${roundOf(call)}-c${call}`
const roundOf = (call: number): number => 1 + Math.floor(call / callsPerRound)

export function attemptOf(call: number): Extract<Fact, { kind: 'attempt' }> {
  const sizes = { reservedNanoUsd: 700_000, reservedInputTokens: 600, reservedOutputTokens: 300, recovery: 'lost' } as const
  return { kind: 'attempt', callId: callIdOf(call), attempt: 1, round: roundOf(call), ...sizes, at: 1_700_000_000_000 + call }
}

export function answerOf(call: number): Fact[] {
  const callId = callIdOf(call)
  const at = 1_700_000_000_000 + call
  const charged = { result: 'answered', charged: 'settled', costNanoUsd: 500_000, errorCode: null, message: '', latencyMs: 300 } as const
  return [
    { kind: 'outcome', callId, attempt: 1, ...charged, at },
    {
      kind: 'call',
      callId,
      round: roundOf(call),
      index: call % callsPerRound,
      stage: 'tasks',
      parentId: null,
      seedIds: [`seed-${call % 175}`, `seed-${(call * 3 + 1) % 175}`, `seed-${(call * 7 + 2) % 175}`],
      request: { messages: [{ role: 'user', content: textOf(call, 60) }], maxOutputTokens: 3072, temperature: 1, seed: call },
      requestHash: call.toString(16).padStart(64, '0'),
      text: textOf(call + 1, 100),
      responseHash: (call + 1).toString(16).padStart(64, '0'),
      finishReason: 'stop',
      provider: 'made-up',
      modelId: 'made-up',
      usage: { inputTokens: 500, outputTokens: 200 },
      costNanoUsd: 500_000,
      warnings: [],
      latencyMs: 300,
      at,
    },
  ]
}

export function itemsOf(call: number): Fact[] {
  const callId = callIdOf(call)
  const round = roundOf(call)
  const items = Array.from({ length: itemsPerCall }, (_, i): Fact => {
    const verdict = i % 2 === 0 ? ({ verdict: 'kept', reason: null } as const) : ({ verdict: 'rejected', reason: 'similar' } as const)
    const nearest = { nearestId: `seed-${i}`, nearestScore: i % 2 === 0 ? 0.4 : 0.9 }
    const text = { instruction: textOf(call * itemsPerCall + i, 12), input: '', output: textOf(call + i, 8) }
    return { kind: 'candidate', id: `${callId}-i${i}`, callId, round, ...text, ...verdict, detail: '', ...nearest, flags: [], costNanoUsd: 25_000 }
  })
  return [...items, { kind: 'yield', callId, round, raw: itemsPerCall, kept: itemsPerCall / 2 }]
}

const stepsPerRound = 40
const testItems = 100

export function trainingOf(round: number): Fact[] {
  const steps = Array.from({ length: stepsPerRound }, (_, i) => (round - 1) * stepsPerRound + i + 1)
  const example = (step: number, i: number): string => {
    const call = (step * 97 + i * 31) % (round * callsPerRound)
    return `${callIdOf(call)}-i${2 * (i % 10)}`
  }
  const at = 1_800_000_000_000
  return [
    ...steps.map(
      (step): Fact => ({
        kind: 'batch',
        step,
        round,
        epoch: 1,
        composer: 'random',
        exampleIds: Array.from({ length: 32 }, (_, i) => example(step, i)),
        clusters: null,
        diversity: 0.9,
        conflicts: 0,
      }),
    ),
    ...steps.map(
      (step): Fact => ({
        kind: 'step',
        step,
        round,
        loss: 1,
        gradNorm: 2,
        learningRate: 1e-3,
        targetTokens: 600,
        exampleLosses: null,
        exampleGaps: null,
        exampleErrors: null,
        masked: null,
        at,
      }),
    ),
    ...Array.from({ length: testItems }, (_, i): Fact => ({ kind: 'eval', round, evaluator: 'exact-match', itemId: `t${i}`, value: i % 2, prediction: 'x' })),
    { kind: 'stage', round, stage: 'compose', summary: { pool: round * callsPerRound * 10 }, at },
    { kind: 'stage', round, stage: 'generate', summary: {}, at },
    { kind: 'stage', round, stage: 'reseed', summary: {}, at },
  ]
}

export const beginning: readonly Fact[] = [
  ...Array.from({ length: 175 }, (_, index): Fact => {
    const human = { exampleId: null, step: null, windowEnd: null, signal: null, score: null, reason: 'human seed' }
    return {
      kind: 'seed-event',
      index,
      round: 0,
      action: 'add',
      seedId: `seed-${index}`,
      origin: 'human',
      instruction: textOf(index, 10),
      input: '',
      output: 'x',
      ...human,
    }
  }),
  ...Array.from(
    { length: testItems },
    (_, i): Fact => ({ kind: 'held-out', itemId: `t${i}`, instruction: 'i', input: '', reference: 'x', group: `g${i % 10}` }),
  ),
]
