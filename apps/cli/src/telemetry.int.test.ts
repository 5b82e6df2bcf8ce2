import { readBook, startFakeProvider } from '@sedi/testing'
import { afterEach, expect, it } from 'vitest'
import { type Collector, startCollector } from './fixtures/collector.ts'
import { sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'
import { createTelemetry } from './telemetry.ts'

let collector: Collector | undefined
afterEach(async () => {
  await collector?.close()
  collector = undefined
})

/** Variables of whoever runs the tests do not count. */
const none = Object.fromEntries(Object.keys(process.env).flatMap((name) => (name.startsWith('OTEL_') ? [[name, undefined]] : [])))

it('a run’s calls arrive at a collector over OTLP/HTTP, once each, with what they cost; no prompt and no key among it', async () => {
  collector = await startCollector()
  const cwd = testFolder()
  const provider = await startFakeProvider({ bookFile: `${cwd}/book.jsonl`, limits: { requestsPerMinute: 600 } })
  writeConfig(cwd, { generator: teacherAt(provider.url) })
  const { stdout, code } = await sedi(['run', '--json'], {
    cwd,
    env: {
      ...none,
      OPENAI_API_KEY: 'a-key-that-nobody-may-read',
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'x-tenant=team',
      OTEL_SERVICE_NAME: 'our-sedi',
      OTEL_RESOURCE_ATTRIBUTES: 'deployment.environment.name=test',
    },
  })
  await provider.close()
  const report = JSON.parse(stdout)
  expect([code, report.calls]).toEqual([0, 8])
  const spans = collector.spans()
  expect(spans.map(({ name }) => name)).toEqual(Array(8).fill('chat simulated-teacher'))
  expect(new Set(spans.map(({ attributes }) => attributes['sedi.call.id'])).size).toBe(8)
  expect(spans[0]!.attributes).toMatchObject({ 'gen_ai.provider.name': 'openai', 'sedi.run.id': report.run })
  expect(spans[0]!.resource).toMatchObject({ 'service.name': 'our-sedi', 'deployment.environment.name': 'test' })
  const metrics = collector.metrics()
  const of = (name: string): number => [...metrics].filter(([key]) => key.startsWith(`${name}{`)).reduce((sum, [, value]) => sum + value, 0)
  expect([of('sedi.calls.answered'), of('sedi.calls.in_flight'), of('sedi.limit.wait'), of('gen_ai.client.operation.duration')]).toEqual([8, 0, 8, 8])
  expect(of('sedi.cost')).toBeCloseTo(report.costUsd, 9)
  expect(collector.headers().every((headers) => headers['x-tenant'] === 'team')).toBe(true)
  const { entries } = readBook(`${cwd}/book.jsonl`)
  expect(entries).toHaveLength(8)
  expect(collector.bodies()).not.toMatch(/a-key-that-nobody-may-read|instruction/i)
})

it('a collector that is away changes nothing, and is not waited for', async () => {
  const cwd = testFolder()
  writeConfig(cwd, { generator: 'simulated' })
  const { code, stdout } = await sedi(['run', '--json'], { cwd, env: { ...none, OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9' } })
  expect([code, JSON.parse(stdout).calls]).toEqual([0, 8])
})

it('nothing is loaded or sent unless it is asked for', async () => {
  const said: string[] = []
  const reader = (environment: Record<string, string>) => createTelemetry(environment, (text) => said.push(text)).metricReader()
  expect(await reader({})).toBeUndefined()
  expect(await reader({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_SDK_DISABLED: 'true' })).toBeUndefined()
  expect(await reader({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_METRICS_EXPORTER: 'none' })).toBeUndefined()
  expect(await reader({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: 'http://127.0.0.1:9' })).toBeUndefined()
  expect(said).toEqual([])
  expect(await reader({ OTEL_EXPORTER_OTLP_ENDPOINT: 'http://127.0.0.1:9', OTEL_EXPORTER_OTLP_PROTOCOL: 'grpc' })).toBeUndefined()
  expect(await reader({ OTEL_METRICS_EXPORTER: 'prometheus' })).toBeUndefined()
  expect(said).toEqual([
    expect.stringMatching(/expected http\/json, got “grpc”. Metrics are not sent/),
    expect.stringMatching(/expected otlp or none, got “prometheus”/),
  ])
  const own = await reader({ OTEL_METRICS_EXPORTER: 'otlp' })
  expect(own).toBeDefined()
})
