import { SediError } from '@sedi/spec'
import { expect, test } from 'vitest'
import { failingAs, failureOf } from './failure.ts'

test('the most telling code: what the thrower named, a full disk, else the error’s own', () => {
  const storage = (systemCode: string) => new SediError('storage', 'x', { details: { systemCode } })
  expect(failureOf(new SediError('internal', 'x', { details: { errorCode: 'nan-loss' } }))).toEqual({ error: 'x', errorCode: 'nan-loss' })
  expect(['ENOSPC', 'EDQUOT', 'EACCES'].map((systemCode) => failureOf(storage(systemCode)).errorCode)).toEqual(['disk-full', 'disk-full', 'storage'])
  expect(failureOf(new TypeError('y'))).toEqual({ error: 'Unexpected failure: y', errorCode: 'internal' })
})

test('failingAs keeps code, message and details', () => {
  const act = () =>
    failingAs('base-model', () => {
      throw new SediError('conflict', 'x', { details: { a: 1 } })
    })
  expect(act).toThrow(expect.objectContaining({ code: 'conflict', message: 'x', details: { a: 1, errorCode: 'base-model' } }))
  expect(failingAs('base-model', () => 5)).toBe(5)
})
