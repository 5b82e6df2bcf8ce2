import { expect, test, vi } from 'vitest'
import { layOutBatch } from './batch.ts'
import { createGraphs } from './graphs.ts'
import { initialiseParameters } from './initialise-parameters.ts'
import { loadJax } from './jax.ts'

test('WebAssembly memory does not grow once a graph has run: no array is left over', async () => {
  const { WebAssembly } = globalThis as unknown as { WebAssembly: { Memory: { prototype: { grow(pages: number): number } } } }
  const grow = vi.spyOn(WebAssembly.Memory.prototype, 'grow')
  const graphs = createGraphs(await loadJax())
  const config = { vocabularySize: 32, contextTokens: 16, width: 8, layers: 2, heads: 2 }
  const shape = { rows: 2, length: 16, answers: 8 }
  const parameters = initialiseParameters(config, 1)
  const batch = layOutBatch(shape, [{ tokens: [1, 2, 3, 4, 5], targetCount: 2, cut: 'nothing' }])
  const run = {
    lossAndGradient: graphs.lossAndGradient(config, shape),
    lossErrorsAndGradient: graphs.lossErrorsAndGradient(config, shape),
    score: graphs.score(config, shape),
    nextToken: graphs.nextToken(config, { ...shape, answers: 1 }),
  }
  for (const [name, graph] of Object.entries(run)) {
    const one = name === 'nextToken' ? layOutBatch({ ...shape, answers: 1 }, [{ tokens: [1, 2], targetCount: 1, cut: 'nothing' }]) : batch
    for (let i = 0; i < 3; i++) graph(parameters, one)
    const before = grow.mock.calls.length
    expect(before).toBeGreaterThan(0)
    for (let i = 0; i < 200; i++) graph(parameters, one)
    expect(grow.mock.calls.length, name).toBe(before)
  }
})
