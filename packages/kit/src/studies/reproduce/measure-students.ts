import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { evaluators } from '@sedi/evaluation'
import { createWorld } from '@sedi/simulation'
import { studentPrompt } from '@sedi/spec'
import { trainers } from '@sedi/trainers'
import { baseFile, testOf } from './lay-out-cell.ts'
import type { Study, StudyWorld } from './study.ts'

/** World id → share of the test that its student answers right before any training. Seconds for each student. */
export async function measureStudents({ worlds, size }: Study): Promise<Readonly<Record<string, number>>> {
  const byStudent = new Map<string, Promise<number>>()
  const entries = await Promise.all(
    worlds.map(async (world) => {
      const key = `${world.universe} ${world.base}`
      const measured = byStudent.get(key) ?? accuracyOf(world, size.testItemsPerKind)
      byStudent.set(key, measured)
      return [world.id, await measured] as const
    }),
  )
  return Object.fromEntries(entries)
}

async function accuracyOf({ universe, base }: StudyWorld, perKind: number): Promise<number> {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-student-'))
  const baseModel = baseFile(base)
  const trainer = await trainers.embedded.createTrainer(trainers.embedded.options.parse({ baseModel }), { folder })
  try {
    const { scorer, close } = await trainer.open!({ trainer: 'embedded', uri: baseModel })
    const test = testOf(createWorld({ universe }), perKind)
    const scores = await Promise.all(
      test.map((item) => evaluators['exact-match'].score({ id: item.id, prompt: studentPrompt(item), reference: item.reference }, { scorer })),
    )
    await close()
    return scores.reduce((sum, { value }) => sum + value, 0) / test.length
  } finally {
    await trainer.close?.()
    rmSync(folder, { recursive: true, force: true })
  }
}
