import { tokenizeRouge } from '../tokenize-rouge.ts'
import { evictInOrder } from './evict-in-order.ts'
import type { PolicyExample, SeedPolicy } from './seed-policy.ts'

/** Words in more instructions than this say nothing about what is asked. */
const commonShare = 0.2

/**
 * The unprotected part of S is drawn anew each round from trusted instructions, each with a weight of one over how many instructions of the
 * pool share its signature: the two words that most instructions share among those that are not common. Nothing is known of the tasks' kinds.
 */
export default {
  id: 'coverage',
  title: 'the unprotected seeds are drawn anew each round, rare kinds of instructions as often as common ones; only trusted instructions',
  source: 'ours, after FEEDBACK 6.3 (SIG), with words shared by many instructions instead of salient ones',
  needs: { signal: false, clusters: false, gaps: true, losses: false },
  revise({ pool, seeds, settings, round, rng }) {
    const slots = seeds.length - Math.ceil(seeds.length * settings.protectHuman)
    const trusted = pool.filter(({ firstGap }) => firstGap !== null && firstGap < settings.trustGap)
    if (slots === 0 || trusted.length === 0) return { groups: [], evict: () => [] }
    const signatureOf = signatures(pool)
    const counts = new Map<string, number>()
    for (const example of pool) counts.set(signatureOf(example), (counts.get(signatureOf(example)) ?? 0) + 1)
    // Weighted order without replacement: sort by an exponential variate over the weight.
    const stream = rng('coverage', round)
    const order = trusted
      .map((example) => ({ example, count: counts.get(signatureOf(example))! }))
      .map((one) => ({ ...one, key: -Math.log(1 - stream.next()) * one.count }))
      .sort((a, b) => a.key - b.key)
    const machineFirst = [...seeds].sort((a, b) => Number(a.origin === 'human') - Number(b.origin === 'human'))
    return {
      groups: [
        {
          quota: slots,
          wishes: order.map(({ example, count }) => ({
            exampleId: example.id,
            cluster: example.id,
            step: null,
            windowEnd: null,
            signal: 'coverage',
            score: 1 / count,
            reason: `drawn for coverage: its signature “${signatureOf(example)}” has ${count} of ${pool.length} instructions; first gap ${example.firstGap!.toFixed(2)}`,
          })),
        },
      ],
      evict: (count) => evictInOrder(machineFirst, count, settings, 'its place is drawn anew'),
    }
  },
} satisfies SeedPolicy

function signatures(pool: readonly PolicyExample[]): (example: PolicyExample) => string {
  const documents = new Map<string, number>()
  const wordsOf = new Map<string, readonly string[]>()
  for (const { id, instruction } of pool) {
    const words = [...new Set(tokenizeRouge(instruction))]
    wordsOf.set(id, words)
    for (const word of words) documents.set(word, (documents.get(word) ?? 0) + 1)
  }
  const most = commonShare * pool.length
  return ({ id }) =>
    wordsOf
      .get(id)!
      .filter((word) => documents.get(word)! <= most)
      .sort((a, b) => documents.get(b)! - documents.get(a)! || (a < b ? -1 : 1))
      .slice(0, 2)
      .sort()
      .join(' ')
}
