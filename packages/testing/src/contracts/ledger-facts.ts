import type { AttemptFact, CallFact, CandidateFact, Fact, FactKind, OutcomeFact, RunFact } from '@sedi/spec'

/** Facts for tests: every field has a value that another would not have. */
export const runFact = (runId = 'run-1'): RunFact => ({
  kind: 'run',
  runId,
  config: { recipe: 'sedi', nested: { list: [1, 2], text: 'ünïcode 漢字 😀' } },
  fingerprint: 'f'.repeat(64),
  softwareVersion: '0.0.1',
  createdAt: 1_700_000_000_000,
})

export const attemptFact = (callId: string, attempt = 1, reservedNanoUsd: number | null = 1000): AttemptFact => ({
  kind: 'attempt',
  callId,
  attempt,
  round: 1,
  reservedNanoUsd,
  reservedInputTokens: 20,
  reservedOutputTokens: 30,
  at: 1,
})

export const answeredFact = (callId: string, attempt = 1, costNanoUsd: number | null = 400): OutcomeFact => ({
  kind: 'outcome',
  callId,
  attempt,
  result: 'answered',
  charged: 'settled',
  costNanoUsd,
  errorCode: null,
  message: '',
  latencyMs: 12,
  at: 2,
})

export const failedFact = (callId: string, attempt = 1, charged: 'none' | 'uncertain' = 'none'): OutcomeFact => ({
  ...answeredFact(callId, attempt),
  result: 'failed',
  charged,
  costNanoUsd: charged === 'none' ? 0 : 1000,
  errorCode: 'timeout',
  message: 'no answer within 600 s',
})

export const callFact = (callId: string, index: number, costNanoUsd: number | null = 400): CallFact => ({
  kind: 'call',
  callId,
  round: 1,
  index,
  seedIds: ['seed-001', 'seed-002'],
  request: { messages: [{ role: 'user', content: 'line\nbreak "quoted"' }], maxOutputTokens: 30, temperature: 0, seed: 4_294_967_295 },
  requestHash: 'a'.repeat(64),
  text: '1. Instruction: …',
  responseHash: `b${callId}`,
  finishReason: 'stop',
  provider: 'openai',
  modelId: 'some-model',
  usage: { inputTokens: 10, outputTokens: 20, reasoningTokens: 0 },
  costNanoUsd,
  warnings: ['stop was shortened'],
  latencyMs: 12,
  at: 3,
})

export const candidateFact = (id: string, callId: string, over: Partial<CandidateFact> = {}): CandidateFact => ({
  kind: 'candidate',
  id,
  callId,
  round: 1,
  instruction: `Do ${id}`,
  input: '',
  output: 'done',
  verdict: 'kept',
  reason: null,
  detail: '',
  nearestId: 'seed-001',
  nearestScore: 0.7000000000000001,
  costNanoUsd: 200,
  ...over,
})

/** One fact of every kind, in an order in which each finds what it refers to. */
export const oneOfEach: { readonly [K in FactKind]: Extract<Fact, { kind: K }> } = {
  run: runFact(),
  'run-state': { kind: 'run-state', index: 0, state: 'paused', reason: 'the budget', errorCode: 'budget-exhausted', at: 4 },
  session: { kind: 'session', index: 7, processId: 12, host: 'h', platform: 'linux x64', runtime: 'node 24', softwareVersion: '1', startedAt: 5 },
  'config-change': { kind: 'config-change', index: 0, changes: { budget: { maxCostUsd: 2.5 } }, at: 9 },
  'seed-event': {
    kind: 'seed-event',
    index: 3,
    round: 2,
    action: 'add',
    seedId: 'r01-c0000-i00',
    origin: 'machine',
    instruction: 'i',
    input: '',
    output: 'o',
    exampleId: 'r01-c0000-i00',
    step: 9,
    windowEnd: 10,
    signal: 'batch-grad-norm',
    score: 0.1 + 0.2,
    reason: 'picked',
  },
  'held-out': { kind: 'held-out', itemId: 't1', instruction: 'i', input: 'x', reference: 'y', group: 'kind' },
  attempt: attemptFact('r01-c0000'),
  outcome: answeredFact('r01-c0000'),
  call: callFact('r01-c0000', 0),
  candidate: candidateFact('r01-c0000-i00', 'r01-c0000'),
  yield: { kind: 'yield', callId: 'r01-c0000', round: 1, raw: 1, kept: 1 },
  batch: { kind: 'batch', step: 1, round: 1, epoch: 1, composer: 'random', exampleIds: ['r01-c0000-i00'], clusters: [4], diversity: null, conflicts: 0 },
  'training-job': { kind: 'training-job', round: 1, jobName: 'r01', job: { trainer: 't', id: 'j', more: [1] }, at: 6 },
  step: { kind: 'step', step: 1, round: 1, loss: 1 / 3, gradNorm: 1e-17, learningRate: null, targetTokens: 5, exampleLosses: [1 / 3], at: 7 },
  model: { kind: 'model', round: 1, model: { trainer: 't', uri: 'r01/model', digest: 'd' } },
  eval: { kind: 'eval', round: 1, evaluator: 'exact-match', itemId: 't1', value: 1, prediction: null },
  stage: { kind: 'stage', round: 1, stage: 'train', summary: { steps: 1 }, at: 8 },
}
