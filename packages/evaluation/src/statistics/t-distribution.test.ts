import { expect, it } from 'vitest'
import { expectClose, reference } from '../fixtures/statistics-reference.ts'
import { tBelow, tQuantile } from './t-distribution.ts'

it('Student’s t, whole and broken degrees of freedom', () => {
  for (const [t, degrees, p] of reference.t.cdf) expectClose(tBelow(t!, degrees!), p!, ['cdf', t, degrees])
  for (const [p, degrees, t] of reference.t.ppf) expectClose(tQuantile(p!, degrees!), t!, ['ppf', p, degrees])
  expect([tQuantile(0, 3), tQuantile(1, 3)]).toEqual([-Infinity, Infinity])
})
