import * as api from '@opentelemetry/api'
import { AggregationTemporality, InMemoryMetricExporter, MeterProvider, PeriodicExportingMetricReader } from '@opentelemetry/sdk-metrics'
import { BasicTracerProvider, InMemorySpanExporter, SimpleSpanProcessor } from '@opentelemetry/sdk-trace-base'
import type { GenerateRequest, GenerateResult, OpenRun } from '@sedi/spec'
import { createLimiter } from '@sedi/store'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { createTestRun, newStore, providerError } from '../../fixtures/harness.ts'
import { createBuyer } from '../buy-completion.ts'
import { createReservations } from '../reserve.ts'
import { openTelemetry } from './open-telemetry.ts'

const request: GenerateRequest = { messages: [{ role: 'user', content: 'a secret prompt' }], maxOutputTokens: 100, temperature: 0.5, seed: 7 }
const answer: GenerateResult = {
  text: 'a secret completion',
  finishReason: 'content-filter',
  usage: { inputTokens: 10, cachedInputTokens: 4, cacheWriteInputTokens: 2, outputTokens: 5, reasoningTokens: 1 },
  modelId: 'm-2026',
  warnings: [],
  raw: null,
}

const spans = new InMemorySpanExporter()
let measurements: InMemoryMetricExporter
let reader: PeriodicExportingMetricReader
let run: OpenRun
beforeEach(async () => {
  measurements = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  reader = new PeriodicExportingMetricReader({ exporter: measurements, exportIntervalMillis: 1_000_000 })
  run = await createTestRun(newStore())
  api.trace.setGlobalTracerProvider(new BasicTracerProvider({ spanProcessors: [new SimpleSpanProcessor(spans)] }))
  api.metrics.setGlobalMeterProvider(new MeterProvider({ readers: [reader] }))
})
afterEach(async () => {
  spans.reset()
  api.trace.disable()
  api.metrics.disable()
  await reader.shutdown()
  await run.close()
})

async function buy(script: (send: number) => GenerateResult, texts = false): Promise<void> {
  let sent = 0
  const buyer = createBuyer({
    generator: { specVersion: 1, provider: 'openai', modelId: 'm', generate: async () => script(++sent) },
    ledger: run.ledger,
    reservations: createReservations(run.budget({ maxCostNanoUsd: undefined })),
    limiter: createLimiter({ concurrency: 1 }),
    price: { inputPerMTokUsd: 1, outputPerMTokUsd: 1 },
    maxAttempts: 3,
    clock: Date.now,
    jitter: () => 0,
    stop: new AbortController().signal,
    telemetry: await openTelemetry({ runId: 'my-run', texts }),
  })
  await buyer.buy({ callId: 'r01-c0', round: 1, index: 0, stage: 'tasks', parentId: null, seedIds: [], request }, 0).catch(() => {})
}

describe('openTelemetry', () => {
  it('makes one client span of a call with all its attempts, named as the conventions say', async () => {
    await buy((send) => {
      if (send <= 2) throw providerError(send === 1 ? 'timeout' : 'rate-limited', { retryable: true, retryAfterMs: 2 })
      return answer
    })
    const [span, ...more] = spans.getFinishedSpans()
    expect(more).toEqual([])
    expect([span!.name, span!.kind, span!.status.code]).toEqual(['chat m', api.SpanKind.CLIENT, api.SpanStatusCode.UNSET])
    expect(span!.attributes).toEqual({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'm',
      'gen_ai.request.max_tokens': 100,
      'gen_ai.request.temperature': 0.5,
      'gen_ai.request.seed': 7,
      'gen_ai.output.type': 'text',
      'gen_ai.response.model': 'm-2026',
      'gen_ai.response.finish_reasons': ['content_filter'],
      'gen_ai.usage.input_tokens': 10,
      'gen_ai.usage.output_tokens': 5,
      'gen_ai.usage.cache_read.input_tokens': 4,
      'gen_ai.usage.cache_creation.input_tokens': 2,
      'gen_ai.usage.reasoning.output_tokens': 1,
      'sedi.run.id': 'my-run',
      'sedi.call.id': 'r01-c0',
      'sedi.call.attempts': 3,
      'sedi.call.cost_usd': 0.000015,
    })
    expect(span!.events.map(({ name, attributes }) => [name, attributes])).toEqual([
      ['sedi.retry', { 'error.type': 'timeout', 'sedi.retry.attempt': 1, 'sedi.retry.delay_ms': 2 }],
      ['sedi.retry', { 'error.type': 'rate-limited', 'sedi.retry.attempt': 2, 'sedi.retry.delay_ms': 2 }],
    ])
  })

  it('says what a call failed of', async () => {
    await buy(() => {
      throw providerError('invalid-credential')
    })
    const [span] = spans.getFinishedSpans()
    expect([span!.attributes['error.type'], span!.status]).toEqual([
      'invalid-credential',
      { code: api.SpanStatusCode.ERROR, message: 'the provider says invalid-credential' },
    ])
  })

  it('leaves prompts and completions out unless they are asked for', async () => {
    await buy(() => answer)
    expect(JSON.stringify(spans.getFinishedSpans().map(({ attributes, events }) => [attributes, events]))).not.toContain('secret')
    spans.reset()
    await run.close()
    run = await createTestRun(newStore())
    await buy(() => answer, true)
    const { attributes } = spans.getFinishedSpans()[0]!
    expect(JSON.parse(String(attributes['gen_ai.input.messages']))).toEqual([{ role: 'user', parts: [{ type: 'text', content: 'a secret prompt' }] }])
    expect(attributes['gen_ai.output.messages']).toContain('a secret completion')
  })

  it('counts tokens and seconds', async () => {
    await buy(() => answer)
    await reader.forceFlush()
    const all = measurements.getMetrics().at(-1)!.scopeMetrics[0]!.metrics
    const metrics = all.filter(({ descriptor }) => descriptor.name.startsWith('gen_ai.'))
    const summary = metrics.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      descriptor.unit,
      dataPoints.map(({ attributes, value }) => [attributes['gen_ai.token.type'], (value as { count: number; sum?: number }).count]),
    ])
    expect(summary).toEqual([
      [
        'gen_ai.client.token.usage',
        '{token}',
        [
          ['input', 1],
          ['output', 1],
        ],
      ],
      ['gen_ai.client.operation.duration', 's', [[undefined, 1]]],
    ])
    expect(metrics[0]!.dataPoints[0]!.attributes).toMatchObject({
      'gen_ai.operation.name': 'chat',
      'gen_ai.provider.name': 'openai',
      'gen_ai.request.model': 'm',
    })
  })

  it('counts what is sent, fails, waits and costs', async () => {
    await buy((send) => {
      if (send <= 2) throw providerError(send === 1 ? 'timeout' : 'rate-limited', { retryable: true, retryAfterMs: 2 })
      return answer
    })
    await reader.forceFlush()
    const all = measurements.getMetrics().at(-1)!.scopeMetrics[0]!.metrics
    const told = all
      .filter(({ descriptor }) => descriptor.name.startsWith('sedi.'))
      .flatMap(({ descriptor, dataPoints }) =>
        dataPoints.map(({ attributes, value }) => [
          descriptor.name,
          attributes['error.type'],
          typeof value === 'number' ? value : (value as { count: number }).count,
        ]),
      )
    expect(told).toEqual([
      ['sedi.limit.wait', undefined, 3],
      ['sedi.calls.answered', undefined, 1],
      ['sedi.attempts.failed', 'timeout', 1],
      ['sedi.attempts.failed', 'rate-limited', 1],
      ['sedi.retries', undefined, 2],
      ['sedi.cost', undefined, 0.000015],
      ['sedi.calls.in_flight', undefined, 0],
    ])
  })

  it('does nothing, at no risk, where nobody set up an SDK', async () => {
    api.trace.disable()
    api.metrics.disable()
    await buy(() => answer)
    expect([spans.getFinishedSpans(), (await run.ledger.totals()).calls]).toEqual([[], 1])
  })
})
