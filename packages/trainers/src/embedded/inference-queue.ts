import { layOutBatch } from './batch.ts'
import type { EncodedExample } from './encode-example.ts'
import type { GraphShape } from './graph-shape.ts'
import type { Graphs } from './graphs.ts'
import type { Model } from './model.ts'
import { padToken } from './tokenizer.ts'

/** Log-probabilities of an example's targets, nats. */
export type TargetScores = { readonly target: readonly number[]; readonly top: readonly number[] }

/**
 * Rows waiting for a forward pass. Rows that fit one graph go together, whoever asked for them. A row's shape depends on that row alone, and
 * rows do not touch each other inside a graph, so company changes no answer, not even by a bit.
 */
export interface InferenceQueue {
  /** Scores the example's targets. */
  score(model: Model, example: EncodedExample, signal: AbortSignal): Promise<TargetScores>
  /** Logits after the last of the tokens. (V,) */
  nextLogits(model: Model, tokens: readonly number[], signal: AbortSignal): Promise<Float32Array>
  readonly waiting: number
  /** Runs one forward pass over the row that has waited longest and those that can go with it. */
  runOnce(): void
}

type Row = {
  readonly model: Model
  readonly kind: 'score' | 'next'
  readonly shape: GraphShape
  readonly example: EncodedExample
  readonly signal: AbortSignal
  readonly resolve: (value: never) => void
  readonly reject: (error: unknown) => void
}

/** Rows of a forward pass, B. */
const rowsPerPass = 32

export function createInferenceQueue(graphs: Graphs): InferenceQueue {
  let rows: Row[] = []

  function enqueue<T>(model: Model, kind: Row['kind'], example: EncodedExample, signal: AbortSignal): Promise<T> {
    return new Promise((resolve, reject) => {
      rows.push({ model, kind, shape: shapeOfRow(model, kind, example), example, signal, resolve, reject })
    })
  }

  /** Takes up to a pass's worth of rows out of the queue. */
  function takeCompany(): Row[] {
    const abandoned = rows.filter((row) => row.signal.aborted)
    for (const row of abandoned) row.reject(row.signal.reason)
    rows = rows.filter((row) => !row.signal.aborted)
    const first = rows[0]
    const taken = rows.filter((row) => first !== undefined && fitTogether(first, row)).slice(0, rowsPerPass)
    const gone = new Set(taken)
    rows = rows.filter((row) => !gone.has(row))
    return taken
  }

  return {
    score: (model, example, signal) => enqueue(model, 'score', example, signal),
    // The pad token is there to be dropped: a row's inputs are all its tokens but the last.
    nextLogits: (model, tokens, signal) => enqueue(model, 'next', { tokens: [...tokens, padToken], targetCount: 1, cut: 'nothing' }, signal),
    get waiting() {
      return rows.length
    },
    runOnce() {
      const taken = takeCompany()
      if (taken.length === 0) return
      try {
        const results: readonly unknown[] = taken[0]!.kind === 'score' ? scoreRows(graphs, taken) : nextLogitsOfRows(graphs, taken)
        taken.forEach((row, i) => {
          row.resolve(results[i] as never)
        })
      } catch (error) {
        for (const row of taken) row.reject(error)
      }
    },
  }
}

function fitTogether(a: Row, b: Row): boolean {
  return a.model === b.model && a.kind === b.kind && a.shape.length === b.shape.length && a.shape.answers === b.shape.answers
}

/** Few shapes, since each must be compiled: T doubles from 32 up to the model's context, A grows fourfold from 8. */
function shapeOfRow(model: Model, kind: Row['kind'], example: EncodedExample): GraphShape {
  const context = Math.ceil(model.config.contextTokens / 16) * 16
  const length = Math.min(context, 32 * 2 ** Math.max(0, Math.ceil(Math.log2((example.tokens.length - 1) / 32))))
  const answers = Math.min(length, 8 * 4 ** Math.max(0, Math.ceil(Math.log2(example.targetCount / 8) / 2)))
  return { rows: rowsPerPass, length, answers: kind === 'next' ? 1 : answers }
}

function scoreRows(graphs: Graphs, rows: readonly Row[]): TargetScores[] {
  const { model, shape } = rows[0]!
  const A = shape.answers
  const examples = rows.map((row) => row.example)
  const { target, top } = graphs.score(model.config, shape)(model.parameters, layOutBatch(shape, examples))
  return examples.map(({ targetCount }, row) => {
    const targetsOf = (values: Float32Array): number[] => [...values.subarray((row + 1) * A - targetCount, (row + 1) * A)]
    return { target: targetsOf(target), top: targetsOf(top) }
  })
}

function nextLogitsOfRows(graphs: Graphs, rows: readonly Row[]): Float32Array[] {
  const { model, shape } = rows[0]!
  const V = model.config.vocabularySize
  const examples = rows.map((row) => row.example)
  const logits = graphs.nextToken(model.config, shape)(model.parameters, layOutBatch(shape, examples))
  return rows.map((_, row) => logits.subarray(row * V, (row + 1) * V))
}
