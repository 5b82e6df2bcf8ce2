import { expect, it } from 'vitest'
import { expectClose, reference } from '../fixtures/statistics-reference.ts'
import { normalAbove, normalBelow, normalQuantile } from './normal-distribution.ts'

it('normal', () => {
  for (const [z, p] of reference.normal.cdf) expectClose(normalBelow(z!), p!, ['cdf', z])
  for (const [z, p] of reference.normal.sf) expectClose(normalAbove(z!), p!, ['sf', z])
  for (const [p, z] of reference.normal.ppf) expectClose(normalQuantile(p!), z!, ['ppf', p])
  expect([normalQuantile(0), normalQuantile(1)]).toEqual([-Infinity, Infinity])
})
