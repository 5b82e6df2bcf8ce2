import type { RunConfig } from '@sedi/spec'
import { afterEach, describe, expect, it, vi } from 'vitest'
import { limitedKey } from './limited-key.ts'

const config = (baseUrl: string): RunConfig => ({ generator: { id: 'openai', model: 'm', baseUrl } }) as unknown as RunConfig
const keyAt = (apiKey: string, baseUrl = 'https://api.example/v1') => {
  vi.stubEnv('OPENAI_API_KEY', apiKey)
  return limitedKey(config(baseUrl), undefined)
}

afterEach(() => {
  vi.unstubAllEnvs()
})

describe('limitedKey', () => {
  it('is the same for one key at one address, and another for another key or address', () => {
    expect(keyAt('a-secret')).toEqual(keyAt('a-secret'))
    const hashes = [keyAt('a-secret'), keyAt('another'), keyAt('a-secret', 'http://127.0.0.1:8000/v1')].map(({ keyHash }) => keyHash)
    expect(new Set(hashes).size).toBe(3)
  })

  it('does not contain the key', () => {
    expect(keyAt('a-secret')).toEqual({ provider: 'openai', keyHash: expect.stringMatching(/^[0-9a-f]{32}$/) })
  })
})
