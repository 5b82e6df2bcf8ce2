import { createRng } from '@sedi/core'
import { beforeAll, expect, test } from 'vitest'
import { type Batch, layOutBatch } from './batch.ts'
import type { EncodedExample } from './encode-example.ts'
import { plainTargetErrors, plainTargetGaps, plainTargetLosses } from './fixtures/plain-model.ts'
import { createGraphs, type Graphs } from './graphs.ts'
import { initialiseParameters } from './initialise-parameters.ts'
import { loadJax } from './jax.ts'
import { tensorLayout } from './tensor-layout.ts'

const config = { vocabularySize: 16, contextTokens: 16, width: 8, layers: 2, heads: 2 }
const shape = { rows: 4, length: 16, answers: 8 }
const rng = createRng(3, 'examples')
const examples = [
  [9, 3],
  [12, 1],
  [5, 4],
].map(([length, targetCount]): EncodedExample => ({ tokens: Array.from({ length: length! }, () => rng.int(16)), targetCount: targetCount!, cut: 'nothing' }))
const targetTotal = 8

let graphs: Graphs
let parameters: Float32Array
beforeAll(async () => {
  graphs = createGraphs(await loadJax())
  // Away from the initial values, where gains are 1 and logits nearly equal.
  parameters = initialiseParameters(config, 5).map((value) => 1.5 * value + 0.2 * (rng.next() - 0.5))
})

/** Token losses of each example's targets, in order. */
function targetLosses(batch: Batch, answers: number, tokenLosses: Float32Array): number[][] {
  return batch.targetCounts.map((count, row) => [...tokenLosses.subarray((row + 1) * answers - count, (row + 1) * answers)])
}

function batchLoss(values: ArrayLike<number>): number {
  const losses = examples.flatMap((example) => plainTargetLosses(config, values, example))
  expect(losses).toHaveLength(targetTotal)
  return losses.reduce((a, b) => a + b, 0) / targetTotal
}

test('losses agree with the plain float64 model (rtol 1e-5)', () => {
  const batch = layOutBatch(shape, examples)
  const { tokenLosses } = graphs.lossAndGradient(config, shape)(parameters, batch)
  const got = targetLosses(batch, shape.answers, tokenLosses)
  examples.forEach((example, row) => {
    const expected = plainTargetLosses(config, parameters, example)
    expected.forEach((loss, i) => {
      expect(Math.abs(got[row]![i]! / loss - 1)).toBeLessThan(1e-5)
    })
  })
})

test('errors agree with the plain float64 model (atol 1e-5), and change no bit of the rest', () => {
  const batch = layOutBatch(shape, examples)
  const { tokenErrors, ...rest } = graphs.lossErrorsAndGradient(config, shape)(parameters, batch)
  const got = targetLosses(batch, shape.answers, tokenErrors!)
  examples.forEach((example, row) => {
    plainTargetErrors(config, parameters, example).forEach((error, i) => {
      expect(error).toBeGreaterThan(0.1)
      expect(Math.abs(got[row]![i]! - error)).toBeLessThan(1e-5)
    })
  })
  const { tokenErrors: untold, ...alone } = graphs.lossAndGradient(config, shape)(parameters, batch)
  expect(untold).toBeUndefined()
  expect(rest).toEqual(alone)
})

test('gaps agree with the plain float64 model (atol 1e-5)', () => {
  const batch = layOutBatch(shape, examples)
  const got = targetLosses(batch, shape.answers, graphs.lossAndGradient(config, shape)(parameters, batch).tokenGaps)
  examples.forEach((example, row) => {
    plainTargetGaps(config, parameters, example).forEach((gap, i) => {
      expect(Math.abs(got[row]![i]! - gap)).toBeLessThan(1e-5)
    })
  })
})

test('the gradient agrees with central differences of the plain model in every tensor (rtol 1e-3, atol 1e-6)', () => {
  const { gradient } = graphs.lossAndGradient(config, shape)(parameters, layOutBatch(shape, examples))
  const values = Float64Array.from(parameters)
  for (const { name, offset, length } of tensorLayout(config)) {
    for (let trial = 0; trial < 8; trial++) {
      const i = offset + rng.int(length)
      const difference = centralDifference(values, i)
      expect(Math.abs(gradient[i]! - difference), `${name}[${i - offset}]: ${gradient[i]} against ${difference}`).toBeLessThan(
        1e-6 + 1e-3 * Math.abs(difference),
      )
    }
  }
})

function centralDifference(values: Float64Array, i: number): number {
  const step = 1e-4
  const kept = values[i]!
  values[i] = kept + step
  const above = batchLoss(values)
  values[i] = kept - step
  const below = batchLoss(values)
  values[i] = kept
  return (above - below) / (2 * step)
}

test('more padding and more empty rows change nothing (rtol 1e-5)', () => {
  const wide = { rows: 6, length: 32, answers: 16 }
  const batch = layOutBatch(shape, examples)
  const wideBatch = layOutBatch(wide, examples)
  const got = graphs.lossAndGradient(config, shape)(parameters, batch)
  const gotWide = graphs.lossAndGradient(config, wide)(parameters, wideBatch)
  const losses = targetLosses(batch, shape.answers, got.tokenLosses).flat()
  const wideLosses = targetLosses(wideBatch, wide.answers, gotWide.tokenLosses).flat()
  losses.forEach((loss, i) => {
    expect(Math.abs(wideLosses[i]! / loss - 1)).toBeLessThan(1e-5)
  })
  got.gradient.forEach((value, i) => {
    expect(Math.abs(gotWide.gradient[i]! - value)).toBeLessThan(1e-6 + 1e-5 * Math.abs(value))
  })
})

test('what comes after the context of a target does not change it', () => {
  const [first] = examples
  const changed = { ...first!, tokens: first!.tokens.with(-2, (first!.tokens.at(-2)! + 1) % 16) } // the last input
  const run = graphs.lossAndGradient(config, shape)
  const losses = [first!, changed].map((example) => {
    const batch = layOutBatch(shape, [example])
    return targetLosses(batch, shape.answers, run(parameters, batch).tokenLosses)[0]!
  })
  expect(losses[1]![0]).toBe(losses[0]![0])
  expect(losses[1]![1]).not.toBe(losses[0]![1])
  expect(losses[1]![2]).not.toBe(losses[0]![2])
})

test('a row does not depend, to the bit, on its place or its company', () => {
  const run = graphs.lossAndGradient(config, shape)
  const alone = layOutBatch(shape, [examples[2]!])
  const together = layOutBatch(shape, [examples[1]!, examples[0]!, examples[1]!, examples[2]!])
  const [a] = targetLosses(alone, shape.answers, run(parameters, alone).tokenLosses)
  const b = targetLosses(together, shape.answers, run(parameters, together).tokenLosses)[3]
  expect(a).toEqual(b)
})
