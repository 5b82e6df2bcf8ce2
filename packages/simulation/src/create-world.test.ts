import { createRng } from '@sedi/core'
import { describe, expect, it } from 'vitest'
import { createWorld } from './create-world.ts'
import { examplePrompt } from './fixtures/rejection-curve.ts'
import { readNumberedTasks } from './numbered-tasks.ts'
import everyday from './universes/everyday.ts'

const { recognise } = everyday

const world = createWorld()
const allKinds = world.kinds.map((kind) => kind.id)
const heldOut = world.heldOut({ perKind: 10, randomSeed: 1 })

const isReserved = (task: { readonly instruction: string; readonly input: string }): boolean => {
  const { kind, values, wording } = recognise(task)!
  return wording.reserved || kind.reserves(values)
}

describe('heldOut', () => {
  it('holds as many different items of every kind, all right', () => {
    for (const id of allKinds) expect(heldOut.filter((item) => item.group === id)).toHaveLength(10)
    expect(new Set(heldOut.map((item) => item.id)).size).toBe(heldOut.length)
    expect(new Set(heldOut.map((item) => `${item.instruction}\n${item.input}`)).size).toBe(heldOut.length)
    for (const item of heldOut) {
      expect(world.check({ ...item, output: item.reference }).verdict).toBe('right')
      expect(world.kindOf(item)?.id).toBe(item.group)
    }
  })

  it('uses reserved wordings only, and reserved operands where a kind has any', () => {
    for (const item of heldOut) {
      const { kind, values, wording } = recognise(item)!
      expect(wording.reserved).toBe(true)
      const splitsByOperands = kind.reserves(kind.draw(createRng(1), true))
      if (splitsByOperands) expect(kind.reserves(values), item.instruction).toBe(true)
    }
  })

  it('repeats itself for one seed and changes with another', () => {
    expect(world.heldOut({ perKind: 10, randomSeed: 1 })).toEqual(heldOut)
    expect(world.heldOut({ perKind: 10, randomSeed: 2 })).not.toEqual(heldOut)
  })
})

describe('examples', () => {
  it('are right, of the kinds asked for, about uniformly, and never from the test', () => {
    const tasks = world.examples({ kinds: ['sum', 'season', 'first-item'], count: 900, randomSeed: 1 })
    const counts = new Map<string, number>()
    for (const task of tasks) {
      expect(world.check(task).verdict).toBe('right')
      expect(isReserved(task)).toBe(false)
      const id = world.kindOf(task)!.id
      counts.set(id, (counts.get(id) ?? 0) + 1)
    }
    expect([...counts.keys()].toSorted()).toEqual(['first-item', 'season', 'sum'])
    for (const count of counts.values()) expect(Math.abs(count - 300)).toBeLessThan(60) // 4 standard deviations
  })

  it('share no input with the test', () => {
    const key = (task: { readonly instruction: string; readonly input: string }): string => `${task.instruction}\n${task.input}`
    const test = new Set(heldOut.map(key))
    expect(world.examples({ kinds: allKinds, count: 4000, randomSeed: 3 }).filter((task) => test.has(key(task)))).toEqual([])
  })

  it('refuse a kind that does not exist', () => {
    expect(() => world.examples({ kinds: ['juggling'], count: 1, randomSeed: 1 })).toThrow(RangeError)
  })
})

describe('teach', () => {
  it('writes nothing that is reserved, even from examples that are', () => {
    for (let call = 0; call < 60; call++) {
      const examples = heldOut
        .slice(call * 9, call * 9 + 3)
        .map(({ id, instruction, input, reference }) => ({ id, origin: 'human' as const, instruction, input, output: reference }))
      const { text } = world.teach({ messages: [{ role: 'user', content: examplePrompt(examples) }], maxOutputTokens: 10_000, seed: call })
      const tasks = readNumberedTasks(text)
      expect(tasks.length).toBeGreaterThan(10)
      for (const task of tasks) expect(isReserved(task), task.instruction).toBe(false)
    }
  })
})

it('refuses settings outside their range', () => {
  expect(() => createWorld({ anchoring: 1.5 })).toThrow('expected anchoring in 0..1, got 1.5')
  expect(() => createWorld({ kindSkew: -1 })).toThrow(RangeError)
  expect(createWorld({ favouriteItems: 0, selfRepetition: 1, anchoring: undefined }).teach({ messages: [], maxOutputTokens: 50, seed: 1 }).text).not.toBe('')
})

it('says nothing about foreign texts', () => {
  expect(world.kindOf({ instruction: 'Compose a haiku about summer.', input: '' })).toBeUndefined()
  expect(world.check({ instruction: 'Compose a haiku about summer.', input: '', output: 'Sun.' }).verdict).toBe('unknown')
})

it('shares kinds, seeds and test between worlds', () => {
  const other = createWorld({ worldSeed: 2 })
  expect(other.kinds).toEqual(world.kinds)
  expect(other.heldOut({ perKind: 10, randomSeed: 1 })).toEqual(heldOut)
})
