import { monitorEventLoopDelay } from 'node:perf_hooks'
import type { Meter } from '@opentelemetry/api'

/** How often the event loop's delay is measured. */
const resolutionMs = 20

/**
 * What every process of ours tells of itself, by the names of OpenTelemetry's conventions (semantic-conventions 1.37, docs/runtime/nodejs-metrics.md
 * and docs/system/process-metrics.md). The event loop's delay is of the time since it was last asked for.
 */
export function measureProcess(meter: Meter): { close(): void } {
  const delay = monitorEventLoopDelay({ resolution: resolutionMs })
  delay.enable()
  const seconds = (what: string) =>
    meter.createObservableGauge(`nodejs.eventloop.delay.${what}`, { unit: 's', description: 'How late timers were since this was last asked for' })
  const [mean, p99, max] = [seconds('mean'), seconds('p99'), seconds('max')] as const
  const memory = meter.createObservableGauge('process.memory.usage', { unit: 'By', description: 'Memory of the process (resident set)' })
  const processor = meter.createObservableCounter('process.cpu.time', { unit: 's', description: 'Seconds of processor time used' })
  const uptime = meter.createObservableGauge('process.uptime', { unit: 's', description: 'Seconds since the process began' })
  meter.addBatchObservableCallback(
    (told) => {
      // The histogram measures whole intervals, of which the resolution is the part that is meant.
      const late = (nanoseconds: number): number => Math.max(0, (Number.isFinite(nanoseconds) ? nanoseconds / 1e6 : 0) - resolutionMs) / 1000
      told.observe(mean, late(delay.mean))
      told.observe(p99, late(delay.percentile(99)))
      told.observe(max, late(delay.max))
      delay.reset()
      told.observe(memory, process.memoryUsage.rss())
      const { user, system } = process.cpuUsage()
      told.observe(processor, user / 1e6, { 'cpu.mode': 'user' })
      told.observe(processor, system / 1e6, { 'cpu.mode': 'system' })
      told.observe(uptime, process.uptime())
    },
    [mean, p99, max, memory, processor, uptime],
  )
  return { close: () => delay.disable() }
}
