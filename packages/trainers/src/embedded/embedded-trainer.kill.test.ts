import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterAll, expect, test } from 'vitest'
import { createEmbeddedTrainer } from './embedded-trainer.ts'
import { collect } from './fixtures/collect.ts'
import { copySpec } from './fixtures/copy-task.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-kill-'))
afterAll(() => rmSync(root, { recursive: true }))
const child = fileURLToPath(new URL('./fixtures/train-in-child.ts', import.meta.url))

function startChild(folder: string, steps: number, mode: string) {
  return spawn(process.execPath, ['--conditions=@sedi/source', child, folder, String(steps), mode], { stdio: ['ignore', 'pipe', 'inherit'] })
}

test('kill -9 in the middle costs nothing but time', async () => {
  const folder = join(root, 'killed')
  const killed = startChild(folder, 40, 'stay')
  for await (const line of createInterface(killed.stdout)) if (line === '13') killed.kill('SIGKILL')

  const results = await Promise.all(
    [folder, join(root, 'undisturbed')].map(async (where) => {
      const trainer = createEmbeddedTrainer({ folder: where, options: { layers: 1, width: 16, heads: 2 }, checkpointEverySteps: 5 })
      const before = await trainer.get({ trainer: 'embedded', id: 'r01' })
      const job = await trainer.submit(copySpec(40))
      const metrics = await collect(trainer.metrics!(job))
      const { state, model } = await trainer.get(job)
      await trainer.close!()
      return { before, metrics, state, digest: model?.digest }
    }),
  )
  const [resumed, undisturbed] = results
  expect(resumed!.before.state).toBe('lost')
  expect(resumed!.before.stepsDone).toBeGreaterThanOrEqual(13)
  expect(resumed!.state).toBe('succeeded')
  expect(resumed!.metrics).toEqual(undisturbed!.metrics)
  expect(resumed!.digest).toBe(undisturbed!.digest)
})

test.each(['close', 'stay'])('the process ends by itself when the work is done (%s)', async (mode) => {
  const started = startChild(join(root, mode), 2, mode)
  started.stdout.resume()
  expect(await once(started, 'exit')).toEqual([0, null])
})
