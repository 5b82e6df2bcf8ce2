import type { CallFact, GenerateRequest, SediError, TextGenerator } from '@sedi/spec'

/** Where calls are made visible to other tools. Must never throw. */
export type CallTelemetry = {
  /** One span per call, with all its attempts; it begins when the first of them is sent. */
  begin(call: { readonly callId: string; readonly request: GenerateRequest }, generator: Pick<TextGenerator, 'provider' | 'modelId'>): CallSpan
}

export type CallSpan = {
  /** An attempt has waited so long for a place under the limits. */
  waited(ms: number): void
  /** An attempt was sent at this time, in milliseconds since the epoch. */
  sent(at: number): void
  /** The attempt that was sent is over, with or without an answer. */
  returned(): void
  /** An attempt failed and is tried again after so long. */
  retry(attempt: number, error: SediError, delayMs: number): void
  answered(answer: CallFact): void
  /** The call has no answer. A call of which nothing was sent leaves no span. */
  failed(error: SediError): void
}

const noSpan: CallSpan = { waited() {}, sent() {}, returned() {}, retry() {}, answered() {}, failed() {} }

export const noTelemetry: CallTelemetry = { begin: () => noSpan }
