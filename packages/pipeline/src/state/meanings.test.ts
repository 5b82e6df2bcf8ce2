import { createRng } from '@sedi/core'
import { type Embedder, SediError } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { createMeaningIndex, createMeanings } from './meanings.ts'
import { createPool } from './pool.ts'

/** Texts are numbers, as angles in degrees; words without one have no direction. */
function angles(change: Partial<Embedder> = {}): Embedder & { readonly asked: string[][] } {
  const asked: string[][] = []
  return {
    specVersion: 1,
    provider: 'angles',
    modelId: 'plane',
    maxBatchSize: 3,
    asked,
    async embed(texts) {
      asked.push([...texts])
      const rowOf = (text: string): Float32Array => {
        const degrees = Number.parseFloat(text)
        return Number.isNaN(degrees) ? new Float32Array(2) : Float32Array.of(Math.cos((degrees * Math.PI) / 180), Math.sin((degrees * Math.PI) / 180))
      }
      return { embeddings: texts.map(rowOf), usage: {} }
    },
    ...change,
  }
}

const seed = (id: string, instruction: string) => ({ id, instruction, input: '', output: 'x', origin: 'human' as const })
const config = { threshold: 0.9, embedder: { id: 'angles' }, search: 'exact' as const } // 25.8 degrees
const poolOf = (...texts: string[]) =>
  createPool(
    texts.map((text) => seed(`seed-${text}`, text)),
    { threshold: 0.85, tokenizer: 'rouge' },
  )
const adapters = (semanticFilter: { embedder: Embedder }) => ({ semanticFilter }) as Parameters<typeof createMeanings>[2]

describe('createMeanings', () => {
  it('compares with seeds and whatever was admitted, and names the nearest', async () => {
    const pool = poolOf('0', '90')
    const meanings = createMeanings(pool, config, adapters({ embedder: angles() }))!
    expect(await meanings.findAlike('20')).toEqual({
      nearest: { nearestId: 'seed-0', nearestScore: expect.closeTo(Math.cos((20 * Math.PI) / 180), 6) },
      detail: 'cosine of angles plane',
    })
    expect(await meanings.findAlike('45')).toBeUndefined()
    pool.admit('r01-c0000-i00', '45')
    expect(await meanings.findAlike('50')).toMatchObject({ nearest: { nearestId: 'r01-c0000-i00' } })
    expect(meanings.warning()).toBeUndefined()
  })

  it('embeds a text once when it is asked about and then admitted, and never more at a time than the embedder takes', async () => {
    const pool = poolOf('0', '90', '180', '270')
    const embedder = angles()
    const meanings = createMeanings(pool, config, adapters({ embedder }))!
    await meanings.findAlike('45')
    pool.admit('a', '45')
    await meanings.findAlike('135')
    expect(embedder.asked).toEqual([['0', '90', '180'], ['270'], ['45'], ['135']])
  })

  it('lets texts without a direction pass, and numbers on', async () => {
    const pool = poolOf('0')
    const meanings = createMeanings(pool, config, adapters({ embedder: angles() }))!
    expect(await meanings.findAlike('…')).toBeUndefined()
    pool.admit('dots', '…')
    pool.admit('b', '90')
    expect(await meanings.findAlike('…')).toBeUndefined()
    expect(await meanings.findAlike('91')).toMatchObject({ nearest: { nearestId: 'b' } })
  })

  it('decides after a restart as it would have gone on', async () => {
    const rng = createRng(1)
    const texts = Array.from({ length: 40 }, () => String(rng.int(360)))
    const decide = async (restartAt: number): Promise<(string | null | undefined)[]> => {
      const pool = poolOf('0')
      let meanings = createMeanings(pool, config, adapters({ embedder: angles() }))!
      const decisions: (string | null | undefined)[] = []
      for (const [i, text] of texts.entries()) {
        if (i === restartAt) meanings = createMeanings(pool, config, adapters({ embedder: angles() }))!
        const alike = await meanings.findAlike(text)
        decisions.push(alike?.nearest.nearestId)
        if (alike === undefined) pool.admit(`t${i}`, text)
      }
      return decisions
    }
    const whole = await decide(-1)
    expect(whole.filter((id) => id === undefined).length).toBeGreaterThan(3)
    for (const restartAt of [0, 5, 20, 39]) expect(await decide(restartAt)).toEqual(whole)
  })

  it('stops between the pieces of a large pool, and not in the middle of what an answer admitted', async () => {
    const embedder = angles({ maxBatchSize: 2048 })
    const pool = poolOf(...Array.from({ length: 1200 }, (_, i) => String(i)))
    const stop = new AbortController()
    const meanings = createMeanings(pool, config, adapters({ embedder }), stop.signal)!
    stop.abort()
    await expect(meanings.findAlike('20')).rejects.toMatchObject({ code: 'aborted' })
    expect(embedder.asked).toEqual([])
    const small = createMeanings(poolOf('0', '90'), config, adapters({ embedder }), stop.signal)!
    expect(await small.findAlike('20')).toMatchObject({ nearest: { nearestId: 'seed-0' } })
  })

  it('is nothing without the configuration key', () => {
    expect(createMeanings(poolOf(), undefined, adapters({ embedder: angles() }))).toBeUndefined()
  })
})

describe('createMeaningIndex', () => {
  it.each([
    [{ rowsDependOn: 'call' }, 'invalid-config', /do not compare/],
    [{ bought: true }, 'unsupported', /may charge/],
  ] as const)('refuses an embedder with %j', (change, code, message) => {
    let error: unknown
    try {
      createMeaningIndex({ embedder: angles(change) }, { nearest: 'rejected' })
    } catch (thrown) {
      error = thrown
    }
    expect(SediError.is(error, code)).toBe(true)
    expect((error as Error).message).toMatch(message)
  })
})
