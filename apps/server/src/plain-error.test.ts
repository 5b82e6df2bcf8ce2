import { issuesError, SediError } from '@sedi/spec'
import { expect, it } from 'vitest'
import { errorOf, plainError } from './plain-error.ts'

it('an error comes out of another thread as it went in, its issues in words once', () => {
  const issues = [{ path: 'line 3', code: 'broken-row', message: 'not valid JSON' }]
  for (const error of [
    issuesError('invalid-input', 'The rows cannot be used as they are:', issues),
    new SediError('not-found', 'There is no run of that name.'),
  ]) {
    const received = errorOf(structuredClone(plainError(error)))
    expect([received.code, received.message, received.issues]).toEqual([error.code, error.message, error.issues])
  }
  expect(errorOf(plainError(new TypeError('x is undefined')))).toMatchObject({ code: 'internal' })
})
