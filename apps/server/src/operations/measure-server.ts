import { type IMetricReader, MeterProvider } from '@opentelemetry/sdk-metrics'
import type { RunStore } from '@sedi/spec'
import { measureProcess } from './process-metrics.ts'
import { createPrometheus } from './prometheus.ts'
import { measureStore } from './store-metrics.ts'

/** Metrics of one server, which share nothing with others in the process. */
export function measureServer(store: RunStore, readers: readonly IMetricReader[] = []): { text(): Promise<string>; close(): Promise<void> } {
  const prometheus = createPrometheus()
  const provider = new MeterProvider({ readers: [prometheus.reader, ...readers] })
  const meter = provider.getMeter('sedi')
  measureStore(meter, { store })
  const own = measureProcess(meter)
  return {
    text: prometheus.text,
    async close() {
      own.close()
      await provider.shutdown().catch(() => {})
    },
  }
}
