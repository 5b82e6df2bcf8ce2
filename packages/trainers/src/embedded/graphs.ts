import type { Batch } from './batch.ts'
import type { GraphShape } from './graph-shape.ts'
import type { Jax } from './jax.ts'
import { createLossAndGradient, type LossAndGradientGraph } from './loss-and-gradient.ts'
import { createNextTokenGraph, createScoreGraph, type Scores } from './score-graph.ts'
import type { ModelConfig } from './tensor-layout.ts'

/** Compiled graphs by model configuration and shape; each is compiled once in a worker's life and kept. */
export interface Graphs {
  /** How many there are. The library never forgets one: each is about 8 MiB for the thread's life. */
  readonly compiled: number
  lossAndGradient(config: ModelConfig, shape: GraphShape): LossAndGradientGraph
  /** The same, with token errors. */
  lossErrorsAndGradient(config: ModelConfig, shape: GraphShape): LossAndGradientGraph
  score(config: ModelConfig, shape: GraphShape): (parameters: Float32Array, batch: Batch) => Scores
  nextToken(config: ModelConfig, shape: GraphShape): (parameters: Float32Array, batch: Batch) => Float32Array
}

export function createGraphs(jax: Jax): Graphs {
  let compiled = 0
  const counted = <T>(create: (jax: Jax, config: ModelConfig, shape: GraphShape) => T) =>
    memoise((config, shape) => {
      compiled++
      return create(jax, config, shape)
    })
  return {
    get compiled() {
      return compiled
    },
    lossAndGradient: counted((...of) => createLossAndGradient(...of)),
    lossErrorsAndGradient: counted((...of) => createLossAndGradient(...of, true)),
    score: counted(createScoreGraph),
    nextToken: counted(createNextTokenGraph),
  }
}

function memoise<T>(create: (config: ModelConfig, shape: GraphShape) => T): (config: ModelConfig, shape: GraphShape) => T {
  const made = new Map<string, T>()
  return (config, shape) => {
    const key = JSON.stringify([config, shape])
    const known = made.get(key) ?? create(config, shape)
    made.set(key, known)
    return known
  }
}
