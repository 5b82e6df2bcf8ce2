import { writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { finishedRun, smallConfig } from '../fixtures/small-run.ts'
import { baseModelFile } from '../studies/quickstart.ts'
import { planRun } from './plan-run.ts'

/** A service that says when it is done, and nothing of its steps. */
const silentProgram = `
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
const folder = process.argv[2]
mkdirSync(join(folder, 'model'), { recursive: true })
writeFileSync(join(folder, 'status.json'), JSON.stringify({ state: 'succeeded' }))
`

it('a trainer that tells nothing of its steps: feedback by the IFD of a real small model, said in the plan, recomputable from the ledger', async () => {
  const program = join(dirname(smallConfig().seeds), 'silent.mjs')
  writeFileSync(program, silentProgram)
  const config = smallConfig({
    trainer: { id: 'command', command: [process.execPath, program, '{folder}'] },
    batches: { size: 8 },
    training: { stepsPerRound: 4, maxLength: 96 },
    feedback: { everySteps: 2, verify: false, scorer: { id: 'embedded', baseModel: baseModelFile } },
  })
  const plan = await planRun(config)
  expect(plan.signal).toBe('ifd')
  expect(plan.notes.join('\n')).toMatch(/gives no gradient norms: feedback uses mean instruction-following difficulty/)

  const run = await finishedRun(config)
  const promoted = (await run.ledger.find('seed-event', { action: 'add' })).filter(({ origin }) => origin === 'machine')
  expect(promoted.length).toBeGreaterThan(1)
  const scores = await run.ledger.find('scores')
  expect(scores.map(({ scorer }) => scorer)).toEqual(['embedded', 'embedded'])
  const figures = new Map(scores.flatMap(({ ids, values }) => ids.map((id, i) => [id, values[i]!] as const)))
  // A model that knows half of the kinds finds most answers likelier after their question.
  const below = [...figures.values()].filter((value) => value < 1)
  expect(below.length).toBeGreaterThan(figures.size / 2)
  for (const { signal, score, step } of promoted) {
    const [batch] = await run.ledger.find('batch', { step: step! })
    const own = batch!.exampleIds.map((id) => figures.get(id)!).filter((value) => value < 1)
    expect(signal).toBe('ifd')
    expect(score).toBeCloseTo(own.reduce((sum, value) => sum + value, 0) / own.length, 12)
  }
  await run.close()
})
