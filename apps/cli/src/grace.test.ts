import { expect, it } from 'vitest'
import { graceMsOf } from './grace.ts'

it.each([
  [undefined, 25_000],
  ['', 25_000],
  ['soon', 25_000],
  ['-1', 25_000],
  ['0', 0],
  ['8.5', 8500],
  ['Infinity', 2 ** 31 - 1000],
])('SEDI_GRACE_SECONDS=%s', (written, ms) => {
  expect(graceMsOf({ SEDI_GRACE_SECONDS: written })).toBe(ms)
})
