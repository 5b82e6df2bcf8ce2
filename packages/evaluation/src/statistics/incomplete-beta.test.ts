import { it } from 'vitest'
import { expectClose, reference } from '../fixtures/statistics-reference.ts'
import { incompleteBeta, logGamma } from './incomplete-beta.ts'

it('incomplete beta', () => {
  for (const [x, a, b, value] of reference.beta) expectClose(incompleteBeta(x!, a!, b!), value!, [x, a, b])
})

it('log Γ is the log of a factorial', () => {
  let factorial = 1
  for (let n = 1; n <= 20; n++) {
    factorial *= n
    expectClose(logGamma(n + 1), Math.log(factorial), n)
  }
  expectClose(logGamma(0.5), Math.log(Math.PI) / 2, 'one half')
})
