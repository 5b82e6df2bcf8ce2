import { type ErrorCode, SediError } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { exitCodeOf, exitCodeOfRun } from './exit-codes.ts'

describe('exitCodeOfRun', () => {
  const paused = (code: ErrorCode) => ({ state: 'paused', error: new SediError(code, 'x') }) as const

  it('0 done, 1 failed', () => {
    expect(exitCodeOfRun({ state: 'done', error: undefined }, 5)).toBe(0)
    expect(exitCodeOfRun({ state: 'failed', error: new SediError('internal', 'x') }, 0)).toBe(1)
  })

  it.each<[ErrorCode, number, number]>([
    ['invalid-credential', 0, 2],
    ['invalid-credential', 1, 3],
    ['not-found', 0, 2],
    ['storage', 0, 2],
    ['storage', 1, 3],
    ['budget-exhausted', 0, 3],
    ['quota-exhausted', 0, 3],
    ['provider-response', 0, 3],
    ['aborted', 0, 3],
  ])('paused by %s with %d answers recorded: %d. 2 means that nothing was bought', (code, calls, exit) => {
    expect(exitCodeOfRun(paused(code), calls)).toBe(exit)
  })
})

it('a command that ends in an error has one of the four documented codes', () => {
  expect(new Set(Object.values(exitCodeOf))).toEqual(new Set([1, 2, 3]))
})
