import { describe, expect, it } from 'vitest'
import { createRng } from '../rng.ts'
import { blockField, countField, listSize, PostingLists, sortedField } from './posting-lists.ts'

type Posting = readonly [entry: number, place: number, digest: number]

function postingsOf(lists: PostingLists, list: number): { readonly all: Posting[]; readonly sorted: number } {
  const block = lists.records[list * listSize + blockField]!
  const all = Array.from({ length: lists.records[list * listSize + countField]! }, (_, i): Posting => {
    return [lists.entries[block + i]!, lists.places[block + i]!, lists.digests[block + i]!]
  })
  return { all, sorted: lists.records[list * listSize + sortedField]! }
}

const byEntry = (a: Posting, b: Posting): number => a[0] - b[0] || a[1] - b[1]

describe('PostingLists', () => {
  it('holds what was pushed, in lists that grow side by side, long ones sorted by place but for the last part', () => {
    const rng = createRng(1, 'lists')
    const lists = new PostingLists(0, () => false)
    const pushed = new Map<number, Posting[]>()
    for (let entry = 0; entry < 30_000; entry++) {
      const list = Math.floor(3000 ** rng.next())
      const posting: Posting = [entry, rng.int(0x10000), rng.uint32() | 0]
      lists.push(list, ...posting)
      pushed.set(list, [...(pushed.get(list) ?? []), posting])
    }
    let cost = 0
    for (const [list, expected] of pushed) {
      const { all, sorted } = postingsOf(lists, list)
      expect(all.toSorted(byEntry)).toEqual(expected)
      const places = all.slice(0, sorted).map(([, place]) => place)
      expect(places).toEqual(places.toSorted((a, b) => a - b))
      if (all.length > 64) expect(sorted).toBeGreaterThanOrEqual(all.length / 2)
      cost += all.length ** 2
    }
    expect(lists.selfJoinCost).toBe(cost)
    expect(lists.count(1_000_000)).toBe(0)
  })

  it('drops the postings of entries that are gone when a list moves', () => {
    const lists = new PostingLists(0, (entry) => entry % 2 === 1)
    for (let entry = 0; entry < 5000; entry++) lists.push(7, entry, 5000 - entry, entry)
    const { all } = postingsOf(lists, 7)
    expect(all.filter(([entry]) => entry % 2 === 0).length).toBe(2500)
    expect(all.length).toBeLessThan(4000)
    expect(all.every(([entry, place, digest]) => place === 5000 - entry && digest === entry)).toBe(true)
  })
})
