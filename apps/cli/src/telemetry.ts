import type { IMetricReader } from '@opentelemetry/sdk-metrics'
import { softwareVersion } from './version.ts'

/** Where spans and metrics of this process go. */
export type Telemetry = {
  /** Sends metrics to a collector; undefined where none is named. Each belongs to one meter provider. */
  metricReader(): Promise<IMetricReader | undefined>
  /**
   * From now on the spans and metrics of calls go to the collector, if one is named, and metrics to these readers. Without either nothing is
   * loaded and nothing measured. Only the first time counts.
   */
  begin(readers?: readonly IMetricReader[]): Promise<void>
  /** Sends what has gathered; given up after some seconds, since nobody waits for a collector that is away. */
  close(): Promise<void>
}

/** Longest wait for the collector at the end. */
const closeWithinMs = 3000
const usualIntervalMs = 60_000

type Environment = Readonly<Record<string, string | undefined>>

/**
 * OpenTelemetry as its variables say (opentelemetry.io/docs/specs/otel/configuration/sdk-environment-variables). Nothing is sent unless one of
 * OTEL_EXPORTER_OTLP_ENDPOINT, OTEL_EXPORTER_OTLP_{TRACES,METRICS}_ENDPOINT, OTEL_{TRACES,METRICS}_EXPORTER=otlp is there; where a program was started
 * with an SDK of its own (`node --import`), that one stays. Sent as JSON over HTTP. The exporters themselves read headers, time-outs, compression
 * and certificates (OTEL_EXPORTER_OTLP_*).
 *
 * @param say told what is asked for and not done: another exporter or protocol
 */
export function createTelemetry(environment: Environment, say: (text: string) => void): Telemetry {
  const closing: (() => Promise<void>)[] = []
  let begun = false

  async function metricReader(): Promise<IMetricReader | undefined> {
    if (!isSent('METRICS', environment, say)) return undefined
    const { PeriodicExportingMetricReader } = await import('@opentelemetry/sdk-metrics')
    const { OTLPMetricExporter } = await import('@opentelemetry/exporter-metrics-otlp-http')
    const exportIntervalMillis = positive(environment.OTEL_METRIC_EXPORT_INTERVAL) ?? usualIntervalMs
    return new PeriodicExportingMetricReader({
      exporter: new OTLPMetricExporter(),
      exportIntervalMillis,
      exportTimeoutMillis: Math.min(exportIntervalMillis, positive(environment.OTEL_METRIC_EXPORT_TIMEOUT) ?? 30_000),
    })
  }

  return {
    metricReader,
    async begin(readers = []) {
      if (begun) return
      begun = true
      if (isSent('TRACES', environment, say)) closing.push(await trace(environment))
      const own = await metricReader()
      const all = own === undefined ? readers : [...readers, own]
      if (all.length === 0) return
      const { metrics } = await import('@opentelemetry/api')
      const { MeterProvider } = await import('@opentelemetry/sdk-metrics')
      const provider = new MeterProvider({ readers: [...all], resource: await resourceOf() })
      metrics.setGlobalMeterProvider(provider)
      closing.push(() => provider.shutdown())
    },
    async close() {
      const closed = Promise.allSettled(closing.splice(0).map((close) => close()))
      let late: NodeJS.Timeout | undefined
      await Promise.race([closed, new Promise((resolve) => (late = setTimeout(resolve, closeWithinMs)))])
      clearTimeout(late)
    },
  }
}

async function trace(environment: Environment): Promise<() => Promise<void>> {
  const { trace } = await import('@opentelemetry/api')
  const sdk = await import('@opentelemetry/sdk-trace')
  const { OTLPTraceExporter } = await import('@opentelemetry/exporter-trace-otlp-http')
  const provider = new sdk.TracerProvider({
    resource: await resourceOf(),
    sampler: samplerOf(sdk, environment),
    spanProcessors: [
      new sdk.BatchSpanProcessor({ exporter: new OTLPTraceExporter(), scheduledDelayMillis: positive(environment.OTEL_BSP_SCHEDULE_DELAY) ?? 5000 }),
    ],
  })
  trace.setGlobalTracerProvider(provider)
  return () => provider.shutdown()
}

/** OTEL_SERVICE_NAME and OTEL_RESOURCE_ATTRIBUTES win. The command line is left out: a store's address may have a password in it. */
async function resourceOf() {
  const { detectResources, envDetector, hostDetector, resourceFromAttributes } = await import('@opentelemetry/resources')
  const own = resourceFromAttributes({ 'service.name': 'sedi', 'service.version': softwareVersion, 'process.pid': process.pid })
  return own.merge(detectResources({ detectors: [hostDetector, envDetector] }))
}

type Signal = 'TRACES' | 'METRICS'

function isSent(signal: Signal, environment: Environment, say: (text: string) => void): boolean {
  if (environment.OTEL_SDK_DISABLED?.trim().toLowerCase() === 'true') return false
  const named = `OTEL_${signal}_EXPORTER`
  const exporter = environment[named]?.trim() ?? ''
  if (exporter === 'none') return false
  if (exporter !== '' && exporter !== 'otlp') {
    say(`${named}: expected otlp or none, got “${exporter}”. Nothing is sent.`)
    return false
  }
  const endpoint = environment[`OTEL_EXPORTER_OTLP_${signal}_ENDPOINT`] || environment.OTEL_EXPORTER_OTLP_ENDPOINT || ''
  if (exporter === '' && endpoint === '') return false
  const protocol = environment[`OTEL_EXPORTER_OTLP_${signal}_PROTOCOL`] || environment.OTEL_EXPORTER_OTLP_PROTOCOL || 'http/json'
  if (protocol.startsWith('http/')) return true
  say(
    `OTEL_EXPORTER_OTLP_PROTOCOL: expected http/json, got “${protocol}”. ${signal === 'TRACES' ? 'Spans' : 'Metrics'} are not sent: it would be as JSON over HTTP, which collectors take on port 4318.`,
  )
  return false
}

/** Of a call's span alone: there is no parent, so `parentbased_` makes no difference but for spans of a program around us. */
function samplerOf(sdk: typeof import('@opentelemetry/sdk-trace'), { OTEL_TRACES_SAMPLER: named = '', OTEL_TRACES_SAMPLER_ARG: argument = '1' }: Environment) {
  const name = named.trim().toLowerCase()
  const root = name.endsWith('always_off')
    ? new sdk.AlwaysOffSampler()
    : name.endsWith('traceidratio')
      ? new sdk.TraceIdRatioBasedSampler(Number(argument))
      : new sdk.AlwaysOnSampler()
  return name === '' || name.startsWith('parentbased_') ? new sdk.ParentBasedSampler({ root }) : root
}

function positive(text: string | undefined): number | undefined {
  const number = Number(text)
  return text !== undefined && text.trim() !== '' && Number.isFinite(number) && number > 0 ? number : undefined
}
