import type { Attributes, Span } from '@opentelemetry/api'
import type { CallFact, GenerateRequest, SediError } from '@sedi/spec'
import { type CallTelemetry, noTelemetry } from './call-telemetry.ts'
import { attributes, finishReasonNames, metrics, operations, ownMetrics, providerNames, retryEvent } from './gen-ai-names.ts'

type Api = typeof import('@opentelemetry/api')

export type OpenTelemetryOptions = {
  readonly runId: string
  /** Whether prompts and completions are attributes of the span. @default false */
  readonly texts?: boolean | undefined
}

/**
 * Spans and metrics through `@opentelemetry/api`, whose own default does nothing: they go wherever the program has set up an SDK to send
 * them. Without the package there are none.
 */
export async function openTelemetry(options: OpenTelemetryOptions): Promise<CallTelemetry> {
  try {
    return createOpenTelemetry(await import('@opentelemetry/api'), options)
  } catch {
    return noTelemetry
  }
}

function createOpenTelemetry({ trace, metrics: meters, SpanKind, SpanStatusCode }: Api, { runId, texts = false }: OpenTelemetryOptions): CallTelemetry {
  const tracer = trace.getTracer('sedi')
  const meter = meters.getMeter('sedi')
  type Histogram = { readonly name: string; readonly unit: string; readonly description: string; readonly boundaries: readonly number[] }
  const histogram = ({ name, unit, description, boundaries }: Histogram) =>
    meter.createHistogram(name, { unit, description, advice: { explicitBucketBoundaries: [...boundaries] } })
  const tokenUsage = histogram(metrics.tokenUsage)
  const duration = histogram(metrics.duration)
  const limitWait = histogram(ownMetrics.limitWait)
  const counter = ({ name, ...options }: { readonly name: string; readonly unit: string; readonly description: string }) => meter.createCounter(name, options)
  const answeredCalls = counter(ownMetrics.answered)
  const failedAttempts = counter(ownMetrics.failed)
  const retries = counter(ownMetrics.retries)
  const cost = counter(ownMetrics.cost)
  const inFlight = meter.createUpDownCounter(ownMetrics.inFlight.name, { unit: ownMetrics.inFlight.unit, description: ownMetrics.inFlight.description })

  return {
    begin({ callId, request }, { provider, modelId }) {
      const common: Attributes = {
        [attributes.operation]: operations.chat,
        [attributes.provider]: providerNames[provider] ?? provider,
        [attributes.requestModel]: modelId,
      }
      let span: Span | undefined
      let startedAt = 0
      let attempts = 0

      function end(more: Attributes): void {
        if (span === undefined) return
        span.setAttributes({ ...more, [attributes.attempts]: attempts })
        const endedAt = Date.now()
        span.end(endedAt)
        const outcome = more[attributes.errorType] === undefined ? {} : { [attributes.errorType]: more[attributes.errorType] }
        duration.record(Math.max(0, endedAt - startedAt) / 1000, { ...common, ...outcome, ...modelOf(more) })
      }

      return {
        waited: (ms) => limitWait.record(ms / 1000, common),
        returned: () => inFlight.add(-1, common),
        sent(at) {
          attempts++
          inFlight.add(1, common)
          if (span !== undefined) return
          startedAt = at
          const own = { [attributes.run]: runId, [attributes.call]: callId, ...requestAttributes(request, texts) }
          span = tracer.startSpan(`${operations.chat} ${modelId}`, { kind: SpanKind.CLIENT, startTime: at, attributes: { ...common, ...own } })
        },
        retry(attempt, error, delayMs) {
          failedAttempts.add(1, { ...common, [attributes.errorType]: error.code })
          retries.add(1, common)
          span?.addEvent(retryEvent.name, {
            [attributes.errorType]: error.code,
            [retryEvent.attempt]: attempt,
            [retryEvent.delayMs]: Math.round(delayMs),
          })
        },
        answered(answer) {
          const { inputTokens, outputTokens } = answer.usage
          const model = { ...common, [attributes.responseModel]: answer.modelId }
          answeredCalls.add(1, common)
          if (answer.costNanoUsd !== null) cost.add(answer.costNanoUsd / 1e9, common)
          if (inputTokens !== undefined) tokenUsage.record(inputTokens, { ...model, [attributes.tokenType]: 'input' })
          if (outputTokens !== undefined) tokenUsage.record(outputTokens, { ...model, [attributes.tokenType]: 'output' })
          end(answerAttributes(answer, texts))
        },
        failed(error: SediError) {
          if (span !== undefined) failedAttempts.add(1, { ...common, [attributes.errorType]: error.code })
          span?.setStatus({ code: SpanStatusCode.ERROR, message: error.message })
          end({ [attributes.errorType]: error.code })
        },
      }
    },
  }
}

function requestAttributes({ messages, maxOutputTokens, temperature, topP, seed, stop, responseFormat }: GenerateRequest, texts: boolean): Attributes {
  return known({
    [attributes.maxTokens]: maxOutputTokens,
    [attributes.temperature]: temperature,
    [attributes.topP]: topP,
    [attributes.seed]: seed,
    [attributes.stopSequences]: stop === undefined ? undefined : [...stop],
    [attributes.outputType]: responseFormat === undefined ? 'text' : 'json',
    [attributes.inputMessages]: texts ? JSON.stringify(messages.map(({ role, content }) => ({ role, parts: [{ type: 'text', content }] }))) : undefined,
  })
}

function answerAttributes({ modelId, finishReason, usage, costNanoUsd, text }: CallFact, texts: boolean): Attributes {
  const reason = finishReasonNames[finishReason] ?? finishReason
  return known({
    [attributes.responseModel]: modelId,
    [attributes.finishReasons]: [reason],
    [attributes.inputTokens]: usage.inputTokens,
    [attributes.outputTokens]: usage.outputTokens,
    [attributes.cacheReadTokens]: usage.cachedInputTokens,
    [attributes.cacheWriteTokens]: usage.cacheWriteInputTokens,
    [attributes.reasoningTokens]: usage.reasoningTokens,
    [attributes.costUsd]: costNanoUsd === null ? undefined : costNanoUsd / 1e9,
    [attributes.outputMessages]: texts ? JSON.stringify([{ role: 'assistant', parts: [{ type: 'text', content: text }], finish_reason: reason }]) : undefined,
  })
}

const known = (values: Attributes): Attributes => Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined))

const modelOf = (values: Attributes): Attributes =>
  values[attributes.responseModel] === undefined ? {} : { [attributes.responseModel]: values[attributes.responseModel] }
