import type { Batch } from './batch.ts'
import type { GraphShape } from './graph-shape.ts'
import type { Jax } from './jax.ts'
import { createLossAndGradient, type LossAndGradient } from './loss-and-gradient.ts'
import { createNextTokenGraph, createScoreGraph, type Scores } from './score-graph.ts'
import type { ModelConfig } from './tensor-layout.ts'

/** Compiled graphs by model configuration and shape; each is compiled once in a worker's life and kept. */
export interface Graphs {
  lossAndGradient(config: ModelConfig, shape: GraphShape): (parameters: Float32Array, batch: Batch) => LossAndGradient
  score(config: ModelConfig, shape: GraphShape): (parameters: Float32Array, batch: Batch) => Scores
  nextToken(config: ModelConfig, shape: GraphShape): (parameters: Float32Array, batch: Batch) => Float32Array
}

export function createGraphs(jax: Jax): Graphs {
  return {
    lossAndGradient: memoise((config, shape) => createLossAndGradient(jax, config, shape)),
    score: memoise((config, shape) => createScoreGraph(jax, config, shape)),
    nextToken: memoise((config, shape) => createNextTokenGraph(jax, config, shape)),
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
