import { describe, expect, it } from 'vitest'
import { universes } from './universes/registry.gen.ts'

describe.each(Object.values(universes))('the human seeds of $id', ({ seedTasks, kinds, check, recognise }) => {
  it('are right, numbered and of one origin', () => {
    expect(seedTasks.length).toBeGreaterThanOrEqual(200)
    for (const seed of seedTasks) expect(check(seed), seed.instruction).toMatchObject({ verdict: 'right' })
    expect(seedTasks[0]).toMatchObject({ id: 'seed-001', origin: 'human' })
    expect(new Set(seedTasks.map((seed) => seed.id)).size).toBe(seedTasks.length)
    expect(new Set(seedTasks.map((seed) => seed.instruction)).size).toBeGreaterThan(seedTasks.length - 5)
  })

  it('show every kind at least three times and nothing that is reserved for the test', () => {
    const found = seedTasks.map((seed) => recognise(seed)!)
    for (const kind of kinds) expect(found.filter((each) => each.kind === kind).length, kind.id).toBeGreaterThanOrEqual(3)
    for (const [i, { kind, values, wording }] of found.entries()) {
      expect(kind.reserves(values), seedTasks[i]!.instruction).toBe(false)
      expect(wording.reserved, seedTasks[i]!.instruction).toBe(false)
    }
  })
})
