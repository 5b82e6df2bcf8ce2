import { expect, it } from 'vitest'
import { mix } from './mix.ts'

it.each([
  [0, 'rgb(0, 100, 200)'],
  [1, 'rgb(200, 100, 0)'],
  [0.25, 'rgb(50, 100, 150)'],
])('%f of the way', (share, expected) => expect(mix('rgb(0, 100, 200)', 'rgb(200, 100, 0)', share)).toBe(expected))
