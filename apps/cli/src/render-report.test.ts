import { expect, it } from 'vitest'
import { checkLines } from './render-report.ts'

it('says what each check found, and nothing when none did', () => {
  expect(checkLines({ checks: {} })).toEqual([])
  const checks = { pii: { dropped: 1203, flagged: 0 }, refusal: { dropped: 0, flagged: 2 }, garbled: { dropped: 1, flagged: 1 } }
  expect(checkLines({ checks })).toEqual(['  checks        pii 1,203 rejected, refusal 2 flagged, garbled 1 rejected, garbled 1 flagged'])
})
