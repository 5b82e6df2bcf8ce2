import { describe, expect, it } from 'vitest'
import { createFaultPlan } from './fault-plan.ts'
import type { FaultKind } from './faults.ts'

describe('createFaultPlan', () => {
  const bodies = Array.from({ length: 2_000 }, (_, i) => `body ${i}`)
  const random = { rate: 0.2, kinds: ['500', 'truncated'], seed: 1 } as const

  it('plays the scenario in order, then nothing', () => {
    const plan = createFaultPlan(['500', 'normal', '429'], undefined)
    plan.enqueue(['quota'])
    expect(Array.from({ length: 5 }, () => plan.next('same', 0))).toEqual(['500', 'normal', '429', 'quota', 'normal'])
  })

  it('draws faults at the rate asked for, of every kind', () => {
    const plan = createFaultPlan([], random)
    const drawn = bodies.map((body) => plan.next(body, 0))
    const share = (kind: string) => drawn.filter((one) => one === kind).length / bodies.length
    expect(share('500')).toBeCloseTo(0.1, 1)
    expect(share('truncated')).toBeCloseTo(0.1, 1)
    expect(share('normal')).toBeCloseTo(0.8, 1)
  })

  it('depends on seed, body and occurrence, not on order', () => {
    const draw = (seed: number, occurrence: number, list: readonly string[]) => {
      const plan = createFaultPlan([], { ...random, seed })
      return new Map(list.map((body) => [body, plan.next(body, occurrence)]))
    }
    const forwards = draw(1, 0, bodies)
    expect(draw(1, 0, bodies.toReversed())).toEqual(forwards)
    expect(draw(2, 0, bodies)).not.toEqual(forwards)
    expect(draw(1, 1, bodies)).not.toEqual(forwards)
  })

  it('refuses a fault it does not know', () => {
    const unknown = 'explode' as FaultKind
    expect(() => createFaultPlan([unknown], undefined)).toThrow(/unknown fault explode/)
    expect(() => createFaultPlan([], { ...random, kinds: [unknown] })).toThrow(RangeError)
    expect(() => createFaultPlan([], undefined).enqueue([unknown])).toThrow(RangeError)
  })
})
