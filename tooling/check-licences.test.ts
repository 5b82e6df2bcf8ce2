import { expect, it } from 'vitest'
import { isAllowed } from './check-licences.ts'

it.each([
  ['MIT', true],
  ['(MIT OR GPL-3.0)', true],
  ['MIT AND ISC', true],
  ['MIT AND GPL-3.0-only', false],
  ['AGPL-3.0-only', false],
  ['SEE LICENSE IN LICENSE.md', false],
  ['UNLICENSED', false],
])('%s: %s', (expression, expected) => expect(isAllowed(expression)).toBe(expected))
