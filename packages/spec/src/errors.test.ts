import { inspect } from 'node:util'
import { describe, expect, it } from 'vitest'
import { issuesError, redact, SediError, toSediError } from './errors.ts'

const key = 'sk-proj-abcdefgh12345678'
const odd = 'pass"word\\with\nends'

/** Everything a log could show of an error. */
const everything = (error: Error): string => `${inspect(error, { depth: 9 })} ${error.stack} ${JSON.stringify(error)}`

describe('SediError', () => {
  it('keeps what it was given, with plain defaults', () => {
    expect(new SediError('timeout', 'too slow')).toMatchObject({ name: 'SediError', code: 'timeout', message: 'too slow', retryable: false, details: {} })
    expect(new SediError('timeout', 'x', { retryable: true, details: { status: 0 } })).toMatchObject({ retryable: true, details: { status: 0 } })
  })

  it('is recognised from any installed copy, by code where one is asked for', () => {
    const foreign = { [Symbol.for('sedi.error')]: true, code: 'conflict' }
    expect([SediError.is(foreign), SediError.is(foreign, 'conflict'), SediError.is(foreign, 'timeout')]).toEqual([true, true, false])
    for (const other of [new Error('x'), { code: 'conflict' }, null, undefined, 'conflict']) expect(SediError.is(other)).toBe(false)
  })

  it('survives JSON: code, retryable and details, never the cause', () => {
    const error = new SediError('rate-limited', 'slow down', { retryable: true, details: { charged: 'none' }, cause: new Error('deep') })
    expect(JSON.parse(JSON.stringify(error))).toEqual({ name: 'SediError', code: 'rate-limited', retryable: true, details: { charged: 'none' } })
  })

  it('lists issues one per line, and hands them over as data', () => {
    const issues = [
      { path: 'filter.threshold', code: 'too_big', message: 'at most 1' },
      { path: 'seeds.jsonl:3', code: 'broken-row', message: 'empty' },
    ]
    const error = issuesError('invalid-config', 'Not valid:', issues)
    expect(error.message).toBe('Not valid:\n  filter.threshold: at most 1\n  seeds.jsonl:3: empty')
    expect(error.issues).toEqual(issues)
    expect(new SediError('internal', 'x').issues).toEqual([])
  })
})

describe('toSediError', () => {
  it('leaves a SediError alone and makes everything else internal', () => {
    const own = new SediError('aborted', 'stopped')
    expect(toSediError(own)).toBe(own)
    const cause = new TypeError('x is not a function')
    expect(toSediError(cause)).toMatchObject({ code: 'internal', message: 'Unexpected failure: x is not a function', cause: { name: 'TypeError' } })
    expect(toSediError('text').message).toBe('Unexpected failure: text')
    expect(toSediError(undefined).code).toBe('internal')
  })
})

describe('secrets', () => {
  it('given ones are removed from message, details at any depth, keys of details, and the cause', () => {
    for (const secret of ['hunter22', odd]) {
      const error = new SediError('invalid-credential', `refused ${secret}`, {
        details: { body: `you sent ${secret}`, headers: [{ 'x-key': secret, [secret]: 1 }], status: 401 },
        cause: new Error(`Authorization: ${secret}`),
        secrets: [secret],
      })
      for (const part of [secret, JSON.stringify(secret).slice(1, -1)]) expect(everything(error)).not.toContain(part)
      expect(error.message).toBe('refused [removed]')
      expect(error.details).toEqual({ body: 'you sent [removed]', headers: [{ 'x-key': '[removed]', '[removed]': 1 }], status: 401 })
    }
  })

  it('anything shaped like a key is removed without being named, wherever it stands in a line', () => {
    for (const text of [key, 'hf_abcdefghijk', 'gsk_abcdefgh1234', 'Bearer some.token-of.any_shape']) {
      const error = new SediError('provider-response', `got ${text}`, { details: { body: `first line\n${text}\tend` }, cause: new Error(text) })
      expect(everything(error)).not.toContain(text.replace('Bearer ', ''))
      expect(error.details.body).toBe('first line\n[removed]\tend')
    }
  })

  it('leaves ordinary words alone, short secrets too: removing them would garble every message', () => {
    const text = 'Ask for a skip-list, the task_list or sk-1; risk-averse.'
    expect(redact(text, ['a', 'is'])).toBe(text)
  })

  it('keeps a foreign error’s name, message and stack, and nothing else of it', () => {
    const foreign = Object.assign(new TypeError('bad'), { request: { headers: { authorization: 'secret-header' } } })
    const { cause } = new SediError('internal', 'x', { cause: foreign })
    expect(cause).toMatchObject({ name: 'TypeError', message: 'bad' })
    expect(inspect(cause)).not.toContain('secret-header')
  })
})
