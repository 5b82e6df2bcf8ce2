import { SediError } from '@sedi/spec'
import { afterEach, beforeEach, expect, it, vi } from 'vitest'
import { withinLimits } from './deadline.ts'

beforeEach(() => {
  vi.useFakeTimers()
})
afterEach(() => {
  vi.useRealTimers()
})

const told = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    (value) => value,
    (error: unknown) => (SediError.is(error) ? [error.code, error.retryable, error.details.charged] : error),
  )
const obedient = (charged?: string) => (signal: AbortSignal) =>
  new Promise<never>((_, reject) => {
    signal.addEventListener('abort', () => reject(new SediError('aborted', 'aborted', { details: { charged } })))
  })
const stubborn = () => new Promise<never>(() => {})

it('leaves an attempt that ends in time alone, and no timer behind', async () => {
  expect(await withinLimits(async () => 5, { deadlineMs: 1000, abort: new AbortController().signal })).toBe(5)
  await expect(withinLimits(() => Promise.reject(new Error('own')), { deadlineMs: 1000, abort: undefined })).rejects.toThrow('own')
  expect(vi.getTimerCount()).toBe(0)
})

it('ends one that takes too long, whether its adapter obeys or not', async () => {
  const obeyed = told(withinLimits(obedient('none'), { deadlineMs: 1000, abort: undefined }))
  const ignored = told(withinLimits(stubborn, { deadlineMs: 1000, abort: undefined }))
  const advised = withinLimits(stubborn, { deadlineMs: 1000, abort: undefined, configKey: 'embedder' }).catch(({ message }: Error) => message)
  await vi.advanceTimersByTimeAsync(3100)
  expect(await advised).toBe('No answer within 1000 ms. Raise embedder.timeoutMs if the model needs longer.')
  expect([await obeyed, await ignored]).toEqual([
    ['timeout', true, 'none'],
    ['timeout', true, 'uncertain'],
  ])
  expect(vi.getTimerCount()).toBe(0)
})

it('ends one at once when it is told to, before it began or later', async () => {
  const abort = new AbortController()
  const later = told(withinLimits(obedient('uncertain'), { deadlineMs: undefined, abort: abort.signal }))
  const ignored = told(withinLimits(stubborn, { deadlineMs: undefined, abort: abort.signal }))
  abort.abort()
  const atOnce = told(withinLimits(stubborn, { deadlineMs: undefined, abort: abort.signal }))
  await vi.advanceTimersByTimeAsync(2100)
  expect([await later, await ignored, await atOnce]).toEqual(Array(3).fill(['aborted', false, 'uncertain']))
})
