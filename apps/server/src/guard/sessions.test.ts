import { expect, it } from 'vitest'
import { createSessions, sessionSeconds, sessionSecretIn } from './sessions.ts'

it('knows a session until its end', () => {
  let now = 0
  const sessions = createSessions(() => now)
  const secret = sessions.begin()
  now = sessionSeconds * 1000 - 1
  expect([sessions.has(secret), sessions.has(`${secret}x`)]).toEqual([true, false])
  now++
  expect(sessions.has(secret)).toBe(false)
})

it('ends one, and forgets the oldest of too many', () => {
  const sessions = createSessions(() => 0)
  const [first, second] = [sessions.begin(), sessions.begin()]
  sessions.end(second)
  expect([sessions.has(first), sessions.has(second)]).toEqual([true, false])
  for (let i = 0; i < 1000; i++) sessions.begin()
  expect(sessions.has(first)).toBe(false)
})

it.each([
  [undefined, undefined],
  ['', undefined],
  ['a=1; sedi_session=abc ; b=2', 'abc'],
  ['xsedi_session=abc', undefined],
])('reads it from the header %j', (header, secret) => {
  expect(sessionSecretIn(header)).toBe(secret)
})
