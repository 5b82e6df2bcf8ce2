import { countTokens } from '@sedi/simulation'
import { describe, expect, it } from 'vitest'
import { createPromptCache, noPromptCache } from './prompt-cache.ts'

const words = (count: number, word = 'word') => Array.from({ length: count }, () => word).join(' ')
const ask = (content: string) => [{ role: 'user', content }] as const
const lookUp = (cache: ReturnType<typeof createPromptCache>, content: string) => cache.lookUp(ask(content), countTokens(content))

describe('createPromptCache', () => {
  it('has nothing the first time, and the same beginning the second, in steps of 128', () => {
    const cache = createPromptCache()
    const rules = words(1_500)
    expect(lookUp(cache, `${rules} first ending`)).toBe(0)
    expect(lookUp(cache, `${rules} another ending`)).toBe(1_408)
    expect(lookUp(cache, `${rules} first ending`)).toBe(1_408)
  })

  it('counts exact beginnings only', () => {
    const cache = createPromptCache()
    lookUp(cache, words(1_500))
    expect(lookUp(cache, `x ${words(1_500)}`)).toBe(0)
    expect(lookUp(cache, `${words(1_100)} ${words(400, 'other')}`)).toBe(1_024)
  })

  it('knows no short prompts', () => {
    const cache = createPromptCache()
    lookUp(cache, words(900))
    expect(lookUp(cache, words(900))).toBe(0)
    expect(cache.lookUp([{ role: 'system', content: words(900) }, ...ask(words(300))], 1_200)).toBe(0)
    expect(cache.lookUp([{ role: 'system', content: words(900) }, ...ask(words(300))], 1_200)).toBeGreaterThanOrEqual(1_024)
  })

  it('tells roles apart', () => {
    const cache = createPromptCache()
    cache.lookUp([{ role: 'system', content: words(1_500) }], 1_500)
    expect(lookUp(cache, words(1_500))).toBe(0)
  })

  it('can be left out', () => {
    expect(noPromptCache.lookUp(ask(words(2_000)), 2_000)).toBe(0)
    expect(noPromptCache.lookUp(ask(words(2_000)), 2_000)).toBe(0)
  })
})
