import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
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

  it('begins to share when the provider states a limit or asks to wait, and a run that begins later knows', async () => {
    const own = createSharedLimiter(folder, key, { concurrency: 9 })
    own.report({ requests: { limit: 0 }, tokens: { remaining: 5 } })
    expect(existsSync(join(folder, 'shared.db'))).toBe(false)
    own.report({ requests: { limit: 2, remaining: 0, resetMs: 60_000 } })
    expect(existsSync(join(folder, 'shared.db'))).toBe(true)
    const later = createSharedLimiter(folder, key, { concurrency: 9 })
    let given = 0
    void later.acquire(1).then(() => given++)
    await vi.advanceTimersByTimeAsync(50_000)
    expect(given).toBe(0)
    await vi.advanceTimersByTimeAsync(12_000)
    expect(given).toBe(1)
    const other = createSharedLimiter(folder, { ...key, keyHash: 'k2' }, { concurrency: 9 })
    other.blockUntil(Date.now() + 5000)
    const waiting = createSharedLimiter(folder, { ...key, keyHash: 'k2' }, { concurrency: 9 })
    waiting.acquire(1).then(
      () => given++,
      () => {},
    )
    await vi.advanceTimersByTimeAsync(4900)
    expect(given).toBe(1)
    for (const limiter of [own, later, other, waiting]) limiter.close()
  })

  it('goes on alone when what a provider states cannot be shared', async () => {
    writeFileSync(join(folder, 'shared.db'), 'not a database at all, and longer than a header so that SQLite looks at it'.repeat(20))
    const limiter = createSharedLimiter(folder, key, { concurrency: 9 })
    limiter.report({ requests: { limit: 1 } })
    const given: number[] = []
    for (let i = 0; i < 2; i++)
      limiter.acquire(1).then(
        () => given.push(Date.now()),
        () => {},
      )
    await vi.advanceTimersByTimeAsync(50_000)
    expect(given).toHaveLength(1)
    limiter.close()
  })

  it('writes down a reply only when it is news', () => {
    const limiter = createSharedLimiter(folder, key, { concurrency: 9, requestsPerMinute: 10 })
    const database = openSharedDatabase(folder, 100)
    const changes = (): number => Number(database.prepare('PRAGMA data_version').get()?.data_version)
    limiter.report({ requests: { limit: 100, remaining: 100 } })
    const before = changes()
    for (let reply = 0; reply < 20; reply++) limiter.report({ requests: { limit: 100, remaining: 100, resetMs: reply } })
    expect(changes()).toBe(before)
    limiter.report({ requests: { limit: 50, remaining: 50 } })
    expect(changes()).not.toBe(before)
    limiter.close()
    database.close()
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
    up += 30_000
    await before.acquire(1)
    before.report({ requests: { limit: 1 } })
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
    up = 61_500
    await vi.advanceTimersByTimeAsync(6000)
    expect(given).toBe(1)
    up = 92_000
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
