import { PrometheusExporter, PrometheusSerializer } from '@opentelemetry/exporter-prometheus'
import type { IMetricReader } from '@opentelemetry/sdk-metrics'

/** What Prometheus expects of a page of metrics. */
export const prometheusType = 'text/plain; version=0.0.4; charset=utf-8'

/** OpenTelemetry's metrics as Prometheus reads them; the reader belongs into a meter provider. */
export type Prometheus = {
  readonly reader: IMetricReader
  /** Collects now. Empty as long as the reader has no provider. */
  text(): Promise<string>
}

export function createPrometheus(): Prometheus {
  const reader = new PrometheusExporter({ preventServerStart: true })
  const serializer = new PrometheusSerializer(undefined, false, undefined, true, true)
  return {
    reader,
    async text() {
      const { resourceMetrics } = await reader.collect()
      return serializer.serialize(resourceMetrics)
    },
  }
}
