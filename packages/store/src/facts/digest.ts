import { createHash } from 'node:crypto'
import type { Fact } from '@sedi/spec'

/**
 * What two runs of one config fed the same responses have in common: answers that were used, candidates, batches, steps, seed events,
 * evals. Prices, times, attempts, paths and surplus answers are left out.
 *
 * The digest is a sum of SHA-256 values, one per such fact, modulo 2^256: it grows with each fact at constant cost, whatever the order of
 * arrival. Order is not lost by that: every one of these facts carries its position (id, step, index, item).
 */
export function digestAddend(fact: Fact, responseHashOf: (callId: string) => string): bigint | undefined {
  const content = contentOf(fact, responseHashOf)
  if (content === undefined) return undefined
  return BigInt(
    `0x${createHash('sha256')
      .update(JSON.stringify([fact.kind, ...content]))
      .digest('hex')}`,
  )
}

function contentOf(fact: Fact, responseHashOf: (callId: string) => string): readonly unknown[] | undefined {
  switch (fact.kind) {
    case 'yield':
      return [fact.callId, responseHashOf(fact.callId)]
    case 'candidate':
      // Flags came later: a candidate without any counts as it did before there were some.
      return texts([
        ...[fact.id, fact.instruction, fact.input, fact.output, fact.verdict, fact.reason, fact.detail, fact.nearestId, fact.nearestScore],
        ...(fact.flags.length === 0 ? [] : [JSON.stringify(fact.flags)]),
      ])
    case 'batch':
      return [fact.step, fact.round, fact.epoch, fact.composer, fact.exampleIds, fact.clusters, fact.diversity, fact.conflicts]
    case 'step':
      // Gaps and masks came later, then errors: a step without them counts as it did before.
      return [
        ...[fact.step, fact.round, fact.loss, fact.gradNorm, fact.learningRate, fact.targetTokens, fact.exampleLosses],
        ...(fact.exampleGaps === null && fact.masked === null ? [] : [fact.exampleGaps, fact.masked]),
        ...(fact.exampleErrors === null ? [] : [{ exampleErrors: fact.exampleErrors }]),
      ]
    case 'seed-event': {
      const { index, round, action, seedId, origin, exampleId, step, windowEnd, signal, score, reason } = fact
      return texts([index, round, action, seedId, origin, fact.instruction, fact.input, fact.output, exampleId, step, windowEnd, signal, score, reason])
    }
    case 'scores':
      return [fact.round, fact.measure, fact.scorer, fact.ids, fact.values]
    case 'eval':
      return texts([fact.round, fact.evaluator, fact.itemId, fact.value, fact.prediction])
    default:
      return undefined
  }
}

/** As the database gives them back. */
const texts = (values: readonly unknown[]): unknown[] => values.map((value) => (typeof value === 'string' ? value.toWellFormed() : value))

const modulus = 1n << 256n

export const emptyDigest = '0'.repeat(64)

/** Adds to a digest of 64 hexadecimal digits. */
export function addToDigest(digest: string, addend: bigint): string {
  return ((BigInt(`0x${digest}`) + addend) % modulus).toString(16).padStart(64, '0')
}
