import { beforeEach, expect, test } from 'vitest'
import type { EncodedExample } from './encode-example.ts'
import type { GraphShape } from './graph-shape.ts'
import type { Graphs } from './graphs.ts'
import { createInferenceQueue, type InferenceQueue } from './inference-queue.ts'
import { createModel } from './model.ts'

const architecture = { layers: 1, width: 4, heads: 1 }
const model = createModel(architecture, [], 100, 1)
const never = new AbortController().signal
const example = (length: number, targetCount = 1): EncodedExample => ({ tokens: Array(length + 1).fill(7), targetCount, cut: 'nothing' })

let passes: { readonly shape: GraphShape; readonly rows: number }[]
let queue: InferenceQueue
beforeEach(() => {
  passes = []
  queue = createInferenceQueue(graphs)
})

/** Graphs that compute nothing: each row's score is its number of targets. */
const graphs: Graphs = {
  compiled: 0,
  lossAndGradient: () => {
    throw new Error('not asked for')
  },
  lossErrorsAndGradient: () => {
    throw new Error('not asked for')
  },
  score: (_, shape) => (_parameters, batch) => {
    passes.push({ shape, rows: batch.targetCounts.length })
    const values = new Float32Array(shape.rows * shape.answers)
    batch.targetCounts.forEach((count, row) => {
      values.fill(count, row * shape.answers, (row + 1) * shape.answers)
    })
    return { target: values, top: values }
  },
  nextToken: (config, shape) => (_parameters, batch) => {
    passes.push({ shape, rows: batch.targetCounts.length })
    return new Float32Array(shape.rows * config.vocabularySize)
  },
}

function runAll(): void {
  while (queue.waiting > 0) queue.runOnce()
}

test('64 rows of one shape are two passes, and each gets its own answer', async () => {
  const asked = Array.from({ length: 64 }, (_, i) => queue.score(model, example(20, 1 + (i % 3)), never))
  runAll()
  expect(passes).toEqual(Array(2).fill({ shape: { rows: 32, length: 32, answers: 8 }, rows: 32 }))
  const answers = await Promise.all(asked)
  answers.forEach(({ target }, i) => {
    expect(target).toEqual(Array(1 + (i % 3)).fill(1 + (i % 3)))
  })
})

test('rows of other shapes, kinds and models wait for a pass of their own; the longest waiting goes first', async () => {
  const other = createModel(architecture, [], 100, 2)
  const asked = [
    queue.score(model, example(20), never),
    queue.score(model, example(40), never),
    queue.score(model, example(90, 60), never),
    queue.nextLogits(model, Array(20).fill(7), never),
    queue.score(other, example(20), never),
    queue.score(model, example(30), never),
  ]
  runAll()
  await Promise.all(asked)
  expect(passes.map(({ shape, rows }) => [shape.length, shape.answers, rows])).toEqual([
    [32, 8, 2],
    [64, 8, 1],
    [112, 112, 1], // the context, rounded up to 16
    [32, 1, 1],
    [32, 8, 1],
  ])
})

test('abandoned rows are refused and not computed', async () => {
  const controller = new AbortController()
  const abandoned = queue.score(model, example(20), controller.signal)
  const kept = queue.score(model, example(20), never)
  controller.abort(new Error('gave up'))
  runAll()
  await expect(abandoned).rejects.toThrow('gave up')
  await kept
  expect(passes.map(({ rows }) => rows)).toEqual([1])
})

test('a pass that fails fails its rows and no others', async () => {
  const fail = () => {
    throw new Error('no memory')
  }
  queue = createInferenceQueue({ ...graphs, nextToken: () => fail })
  const asked = [queue.nextLogits(model, [7], never), queue.score(model, example(20), never)]
  runAll()
  const [next, score] = await Promise.allSettled(asked)
  expect(next).toMatchObject({ status: 'rejected', reason: { message: 'no memory' } })
  expect(score!.status).toBe('fulfilled')
})
