import { expect, test } from 'vitest'
import { embeddedLimits, estimateStepBytes } from './limits.ts'

// [rows, length, answers, width, layers, heads, vocabulary] and the size of the WebAssembly memory after two steps, MiB (jax-js 0.1.25, Node 24).
test.each([
  [[32, 64, 8, 64, 2, 4, 1024], 67],
  [[32, 256, 8, 64, 2, 4, 1024], 366],
  [[32, 512, 8, 64, 2, 4, 1024], 1059],
  [[32, 512, 8, 64, 4, 4, 1024], 2895],
  [[32, 512, 8, 64, 2, 8, 1024], 1710],
  [[32, 128, 128, 64, 2, 4, 4096], 490],
  [[32, 128, 128, 64, 2, 4, 16384], 1270],
  [[32, 64, 8, 256, 4, 4, 1024], 545],
  [[64, 64, 8, 256, 8, 4, 1024], 2271],
  [[8, 64, 8, 512, 4, 4, 1024], 381],
  [[32, 1024, 8, 64, 2, 4, 1024], 3454],
])('the estimate for %j is within 15 %% of the measured %d MiB', (numbers, measured) => {
  const [rows, length, answers, width, layers, heads, vocabularySize] = numbers as [number, number, number, number, number, number, number]
  const estimate = estimateStepBytes({ vocabularySize, contextTokens: length, width, layers, heads }, { rows, length, answers })
  expect(Math.abs(estimate / 2 ** 20 / measured - 1)).toBeLessThan(0.15)
  expect(estimate).toBeLessThan(embeddedLimits.memoryBytes)
})
