import { embedders } from '@sedi/generators'
import { expect, it } from 'vitest'
import { carryOn, configOf, createTestRun, newStore } from './fixtures/harness.ts'

const filter = { semantic: { threshold: 0.7 } }
const semanticFilter = { embedder: await embedders['word-parts'].createEmbedder({ dimensions: 128 }, { credentials: {}, timeoutMs: 1000 }) }

it('a run that was stopped between any two calls decides as one that never was', async () => {
  expect(configOf({ filter }).filter.semantic).toEqual({ threshold: 0.7, embedder: { id: 'word-parts' }, search: 'exact' })
  const whole = await createTestRun(newStore())
  expect(await carryOn(whole, { config: { filter }, adapters: { semanticFilter } })).toEqual({ state: 'done', error: undefined })
  const rejected = await whole.ledger.find('candidate', { reason: 'similar-meaning' })
  expect(rejected.length).toBeGreaterThan(0)
  expect(rejected.every(({ nearestId, nearestScore }) => nearestId !== null && nearestScore! > 0.7)).toBe(true)

  const store = newStore()
  let run = await createTestRun(store)
  for (let sessions = 0; sessions < 50; sessions++) {
    const stop = new AbortController()
    const before = (await run.ledger.find('yield')).length
    const watch = setInterval(async () => {
      if ((await run.ledger.find('yield')).length > before) stop.abort()
    }, 1)
    const { state } = await carryOn(run, { config: { filter }, adapters: { semanticFilter }, stop: stop.signal })
    clearInterval(watch)
    if (state === 'done') break
    await run.close()
    run = await store.open('run')
  }
  expect(await run.ledger.digest()).toBe(await whole.ledger.digest())
  await run.close()
  await whole.close()
})

it('fails before anything is bought when the embedder cannot be used', async () => {
  const run = await createTestRun(newStore())
  const lexical = { embedder: await embedders.lexical.createEmbedder({ dimensions: 64 }, { credentials: {}, timeoutMs: 1000 }) }
  expect(await carryOn(run, { config: { filter }, adapters: { semanticFilter: lexical } })).toMatchObject({ error: { code: 'invalid-config' } })
  expect(await run.ledger.find('attempt')).toEqual([])
  await run.close()
})
