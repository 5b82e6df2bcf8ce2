import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describeLimiterContract } from '@sedi/testing/contracts'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { openSharedDatabase } from './shared-database.ts'
import { createSharedLimiter } from './shared-limiter.ts'

let folder: string
const key = { provider: 'openai', keyHash: 'k1' }
const newFolder = (): string => mkdtempSync(join(tmpdir(), 'sedi-limits-'))

describeLimiterContract({
  name: 'sqlite',
  async create(limits, count) {
    folder = newFolder()
    return Array.from({ length: count }, () => createSharedLimiter(folder, key, limits))
  },
  destroy: async () => rmSync(folder, { recursive: true, force: true }),
})

describe('createSharedLimiter', () => {
  beforeEach(() => {
    vi.useFakeTimers()
    folder = newFolder()
  })
  afterEach(() => {
    vi.useRealTimers()
    rmSync(folder, { recursive: true, force: true })
  })

  it('shares nothing, and makes no file, without a limit per minute', async () => {
    const limiter = createSharedLimiter(folder, key, { concurrency: 1 })
    ;(await limiter.acquire(1)).release(undefined)
    limiter.blockUntil(0)
    limiter.close()
    expect(existsSync(join(folder, 'shared.db'))).toBe(false)
  })

  it('counts keys and providers apart, and never writes what a key is', async () => {
    const limits = { concurrency: 9, requestsPerMinute: 1 }
    const limiters = [key, { ...key, keyHash: 'k2' }, { ...key, provider: 'another' }].map((each) => createSharedLimiter(folder, each, limits))
    for (const limiter of limiters) await limiter.acquire(1)
    for (const limiter of limiters) limiter.close()
  })

  it.each([
    ['long before the restart', 5_000_000, 10_000],
    ['shortly before a quick restart', 50_000, 5000],
  ])('after the machine was restarted: what was sent %s counts no longer than a minute, and is not forgotten at once', async (_, upMs, nowUpMs) => {
    let up = upMs
    const options = { concurrency: 9, requestsPerMinute: 2, monotonic: () => up }
    const before = createSharedLimiter(folder, key, options)
    await before.acquire(1)
    await before.acquire(1)
    before.blockUntil(Date.now() + 600_000)
    const database = openSharedDatabase(folder, 100)
    database.prepare('INSERT INTO waiting VALUES (?, ?, ?, ?)').run('openai k1', 'dead', up - 100, up + 5000)
    up = nowUpMs
    const after = createSharedLimiter(folder, key, options)
    let given = 0
    for (let i = 0; i < 3; i++)
      void after.acquire(1).then(
        () => given++,
        () => {},
      )
    await vi.advanceTimersByTimeAsync(1000)
    expect(given).toBe(0)
    up = 61_000
    await vi.advanceTimersByTimeAsync(6000)
    expect(given).toBe(2)
    for (const each of [before, after, database]) each.close()
  })

  it('a process that died while it waited holds up nobody for more than six seconds', async () => {
    const limits = { concurrency: 9, tokensPerMinute: 100 }
    const database = openSharedDatabase(folder, 100)
    const now = Number(process.hrtime.bigint()) / 1e6
    database.prepare('INSERT INTO waiting VALUES (?, ?, ?, ?)').run('openai k1', 'dead', now - 100, now + 5000)
    const limiter = createSharedLimiter(folder, key, limits)
    let given = false
    void limiter.acquire(1).then(() => {
      given = true
    })
    await vi.advanceTimersByTimeAsync(4000)
    expect(given).toBe(false)
    await vi.advanceTimersByTimeAsync(2500)
    expect(given).toBe(true)
    limiter.close()
    database.close()
  })

  it('waits by timer while another process writes', async () => {
    const limiter = createSharedLimiter(folder, key, { concurrency: 9, requestsPerMinute: 10 })
    const database = openSharedDatabase(folder, 100)
    database.exec('BEGIN IMMEDIATE')
    let given = false
    void limiter.acquire(1).then(() => {
      given = true
    })
    await vi.advanceTimersByTimeAsync(200)
    expect(given).toBe(false)
    database.exec('ROLLBACK')
    await vi.advanceTimersByTimeAsync(200)
    expect(given).toBe(true)
    limiter.close()
    database.close()
  })
})
