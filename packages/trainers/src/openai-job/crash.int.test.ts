import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { JobSnapshot } from '@sedi/spec'
import { type FakeFineTuning, startFakeFineTuning, type TuningEndpoint } from '@sedi/testing'
import { afterAll, expect, it } from 'vitest'
import type { WriteFile } from '../remote/job-store.ts'
import { writeFileAtomically } from '../storage.ts'
import { trainingSpec } from './fixtures/spec.ts'
import { trainerAt } from './fixtures/trainer-at.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-openai-crash-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))
let folders = 0
const newFolder = (): string => join(root, `run${folders++}`)

async function finish(service: FakeFineTuning, folder: string, writeFile?: WriteFile): Promise<{ state: string; steps: number[]; snapshot: JobSnapshot }> {
  const trainer = await trainerAt(service.url, folder, { writeFile, patience: { settleMs: 30 } })
  try {
    const job = await trainer.submit(trainingSpec())
    const steps = (await Array.fromAsync(trainer.metrics!(job))).map(({ step }) => step)
    const snapshot = await trainer.get(job)
    return { state: snapshot.state, steps, snapshot }
  } finally {
    await trainer.close!()
  }
}

const crash = new Error('crash')

/** Ends everything at the nth durable write: before it, or when it is on disk. */
function crashing(nth: number, moment: 'before' | 'after'): { writeFile: WriteFile; writes: () => number } {
  let writes = 0
  return {
    writes: () => writes,
    writeFile(path, text) {
      writes++
      if (writes > nth || (writes === nth && moment === 'before')) throw crash
      writeFileAtomically(path, text)
      if (writes === nth) throw crash
    },
  }
}

it('crashes at every durable write, before it and after it, buy one job', async () => {
  const service = await startFakeFineTuning({ listLagMs: 15 })
  const calm = crashing(Number.POSITIVE_INFINITY, 'before')
  await finish(service, newFolder(), calm.writeFile)
  // The name's claim, the attempt, the file, the question, the answer, its end, what became of it.
  expect(calm.writes()).toBe(7)
  for (let nth = 1; nth <= calm.writes(); nth++) {
    for (const moment of ['before', 'after'] as const) {
      const before = service.book().jobs
      const folder = newFolder()
      await expect(finish(service, folder, crashing(nth, moment).writeFile), `${moment} write ${nth}`).rejects.toBe(crash)
      expect(await finish(service, folder), `${moment} write ${nth}`).toMatchObject({ state: 'succeeded', steps: [1, 2, 3] })
      expect(service.book().jobs - before, `jobs of ${moment} write ${nth}`).toBe(1)
    }
  }
  await service.close()
})

it.each<[TuningEndpoint, 'received' | 'done']>([
  ['upload-file', 'done'],
  ['create-job', 'received'],
  ['create-job', 'done'],
  ['file-content', 'done'],
])('a process killed when the service has %s %s: the next one finds its job', async (endpoint, moment) => {
  let running: ChildProcess | undefined
  const service = await startFakeFineTuning({
    listLagMs: 15,
    async onRequest(at, when) {
      if (at !== endpoint || when !== moment || running === undefined || running.killed) return
      running.kill('SIGKILL')
      await once(running, 'exit')
    },
  })
  const folder = newFolder()
  const program = fileURLToPath(new URL('./fixtures/follow-job.ts', import.meta.url))
  running = spawn(process.execPath, ['--conditions=@sedi/source', program, service.url, folder], { stdio: 'inherit' })
  if (running.exitCode === null && running.signalCode === null) await once(running, 'exit')
  expect(running.signalCode).toBe('SIGKILL')
  expect(await finish(service, folder)).toMatchObject({ state: 'succeeded', steps: [1, 2, 3] })
  expect(service.book()).toMatchObject({ jobs: 1, jobsTrained: 1 })
  await service.close()
})
