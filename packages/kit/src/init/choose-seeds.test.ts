import { expect, it } from 'vitest'
import { builtInSeeds, chooseSeeds, domainsOf } from './choose-seeds.ts'

it('without a purpose, or for a general one: all, in their order', async () => {
  const all = await builtInSeeds()
  for (const purpose of [undefined, '', ' General ']) expect((await chooseSeeds(purpose)).seeds).toEqual(all)
  expect(domainsOf(all).reduce((sum, [, count]) => sum + count, 0)).toBe(all.length)
})

it('subjects by name: theirs and no others', async () => {
  const { seeds, of } = await chooseSeeds('Code,  data')
  expect(new Set(seeds.map(({ domain }) => domain))).toEqual(new Set(['code', 'data']))
  expect(of).toBeGreaterThan(seeds.length)
})

it('a sentence: the subject it speaks of, enough for a prompt; all when it shares no word with any seed', async () => {
  const { seeds } = await chooseSeeds('helping people to cook for their family')
  expect(seeds.filter(({ domain }) => domain === 'cooking').length).toBeGreaterThan(5)
  expect(seeds.length).toBeLessThan(60)
  expect((await chooseSeeds('zzxqv wqpt')).seeds).toHaveLength(235)
})
