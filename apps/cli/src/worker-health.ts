import type { RunStore } from '@sedi/spec'
import { type Cli, say } from './command.ts'
import type { WorkerLog } from './worker-log.ts'

/** What a worker answers probes and Prometheus; it begins before there is a database, so that probes are told of that as well. */
export async function startHealth(cli: Cli, store: RunStore, port: number, host: string, log: Pick<WorkerLog, 'say'>): Promise<{ close(): Promise<void> }> {
  const { createHealth, createPrometheus, measureProcess, measureStore, startHealthServer } = await import('@sedi/server')
  const { metrics } = await import('@opentelemetry/api')
  const prometheus = createPrometheus()
  await cli.telemetry?.begin([prometheus.reader])
  const meter = metrics.getMeter('sedi')
  const own = measureProcess(meter)
  measureStore(meter, { store: { queueFigures: store.queueFigures } })
  const health = createHealth({ store, stopping: cli.stop, onError: (error) => say(cli, `Not ready (${error.code}): ${error.message}`) })
  const server = await startHealthServer({ port, host, token: process.env.SEDI_API_TOKEN, health, metrics: prometheus.text })
  log.say(`Health and metrics at ${server.url}: /healthz, /readyz, /metrics.`)
  return {
    async close() {
      own.close()
      await server.close()
    },
  }
}
