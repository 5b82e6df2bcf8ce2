import { expect, it } from 'vitest'
import { wrapLines } from './wrap-lines.ts'

const line = '  note          Nobody knows the right answers here: promoted seeds are checked for schema only.'

it('goes on below the text of the label; on a narrow terminal by four', () => {
  expect(wrapLines(line, 64)).toBe('  note          Nobody knows the right answers here: promoted\n                seeds are checked for schema only.')
  expect(wrapLines(line, 40)).toBe('  note          Nobody knows the right\n    answers here: promoted seeds are\n    checked for schema only.')
  expect(
    wrapLines(`short\n${'word '.repeat(20)}end`, 44)
      .split('\n')
      .every((one) => one.length <= 44),
  ).toBe(true)
})

it('leaves alone what fits, what cannot be broken, and everything where there is no terminal', () => {
  expect(wrapLines(line, 97)).toBe(line)
  expect(wrapLines(`  folder        ${'x'.repeat(60)}`, 40)).toBe(`  folder        ${'x'.repeat(60)}`)
  expect(wrapLines(line, undefined)).toBe(line)
})
