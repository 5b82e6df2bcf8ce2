import { describe, expect, it } from 'vitest'
import { drawProbes, dropsByCluster, probeLossesOf } from './probe-set.ts'

const examples = (...sizes: number[]) =>
  sizes.flatMap((size, cluster) => Array.from({ length: size }, (_, i) => ({ id: `${cluster}-${i}`, instruction: `Sort list ${cluster} ${i}`, cluster })))

describe('the probe set', () => {
  it('takes one of each cluster in turn until there are enough', () => {
    const all = examples(5, 1, 3)
    const drawn = drawProbes(all, 6, 1)
    expect(drawn.map((id) => id[0])).toEqual(['0', '1', '2', '0', '2', '0'])
    expect(new Set(drawn).size).toBe(6)
    expect(drawProbes(all, 4, 1)).toEqual(drawn.slice(0, 4))
    expect(drawProbes(all, 100, 1)).toHaveLength(9)
    expect(drawProbes(all, 6, 2)).not.toEqual(drawn)
    // Another cluster does not disturb the order within the others.
    expect(drawProbes(all.slice(0, 5), 3, 1)).toEqual(drawn.filter((id) => id.startsWith('0')))
    expect(drawProbes([], 6, 1)).toEqual([])
  })

  it('gives each cluster the mean fall of the loss on its probes, and others to the cluster they resemble most', () => {
    const trained = [
      { id: 'a', instruction: 'Sort the parcels by weight.', cluster: 4 },
      { id: 'b', instruction: 'Translate the sentence into French.', cluster: 7 },
      { id: 'c', instruction: 'Name a bird.', cluster: 9 },
    ]
    const probe = (id: string, instruction: string, before: number | null, after: number | null) => ({ id, instruction, before, after })
    const drops = dropsByCluster(
      [
        probe('a', 'Sort the parcels by weight.', 2, 1.5),
        probe('human', 'Sort these letters by weight.', 3, 2),
        probe('b', 'Translate the sentence into French.', 1, 1.25),
        probe('alone', 'Xylophone?', 5, 0),
        probe('c', 'Name a bird.', null, 1),
      ],
      trained,
      'rouge',
    )
    expect([...drops]).toEqual([
      [4, 0.75],
      [7, -0.25],
    ])
    expect(dropsByCluster([probe('x', 'Sort.', 1, 0)], [], 'rouge').size).toBe(0)
  })

  it('compares with the round before, the first time with what was scored before it', () => {
    const fact = (round: number, measure: string) => ({ kind: 'scores', round, measure, scorer: 's', ids: ['a'], values: [round] }) as const
    const facts = [fact(2, 'probe-loss-before'), fact(2, 'probe-loss'), fact(3, 'probe-loss'), fact(3, 'ifd')]
    expect(probeLossesOf(1, facts)).toBeUndefined()
    expect(probeLossesOf(2, facts)).toEqual({ before: facts[0], after: facts[1] })
    expect(probeLossesOf(3, facts)).toEqual({ before: facts[1], after: facts[2] })
    expect(probeLossesOf(4, facts)).toBeUndefined()
  })
})
