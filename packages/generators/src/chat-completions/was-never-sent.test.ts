import { describe, expect, it } from 'vitest'
import { wasNeverSent } from './was-never-sent.ts'

const wrap = (cause: object) => new Error('Connection error.', { cause: new TypeError('fetch failed', { cause }) })

// Shapes as Node 24's fetch throws them; refused connections and unknown hosts are tried for real in openai.test.ts.
describe('wasNeverSent', () => {
  it.each([
    ['a connection that took too long', { code: 'UND_ERR_CONNECT_TIMEOUT' }],
    ['a certificate nobody trusts', { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' }],
    ['an issuer that is not known', { code: 'UNABLE_TO_VERIFY_LEAF_SIGNATURE' }],
    ['every address of a name', { errors: [{ syscall: 'connect' }, { syscall: 'connect' }] }],
    ['a socket closed before the first byte', { code: 'UND_ERR_SOCKET', socket: { bytesWritten: 0 } }],
  ])('is sure about %s', (_, cause) => {
    expect(wasNeverSent(wrap(cause))).toBe(true)
  })

  it.each([
    ['a socket closed later', { code: 'UND_ERR_SOCKET', socket: { bytesWritten: 512 } }],
    ['a reset', { code: 'ECONNRESET', syscall: 'read' }],
    ['one address of two', { errors: [{ syscall: 'connect' }, { syscall: 'read' }] }],
    ['a list of no errors', { errors: [] }],
    ['no error at all', {}],
  ])('is not sure about %s', (_, cause) => {
    expect(wasNeverSent(wrap(cause))).toBe(false)
  })
})
