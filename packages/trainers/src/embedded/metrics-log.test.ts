import { appendFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { openMetricsLog, readMetricsLog } from './metrics-log.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-metrics-log-'))
afterAll(() => rmSync(folder, { recursive: true }))
const metric = (step: number) => ({ step, exampleIds: ['é', '"'], loss: 0.1 + step })

test('keeps the steps before the checkpoint, drops later ones and half a line, and goes on', () => {
  const path = join(folder, 'metrics.jsonl')
  const first = openMetricsLog(path, 0)
  for (const step of [1, 2, 3]) first.append(metric(step))
  first.sync()
  first.close()
  appendFileSync(path, '{"step":4,"exam')
  expect(readMetricsLog(path)).toEqual([metric(1), metric(2), metric(3)])

  const second = openMetricsLog(path, 2)
  expect(second.kept).toEqual([metric(1), metric(2)])
  second.append(metric(3))
  second.close()
  expect(readFileSync(path, 'utf8')).toBe([1, 2, 3].map((step) => `${JSON.stringify(metric(step))}\n`).join(''))
})

test('a log that is not there is empty; one that is shorter than its checkpoint is an error', () => {
  const path = join(folder, 'missing.jsonl')
  expect(readMetricsLog(path)).toEqual([])
  expect(() => openMetricsLog(path, 1)).toThrow(/has 0 steps, but the checkpoint beside it was made after 1/)
})
