import type { Rng } from '@sedi/core'

// Other ways to say the same answer; none begins like a plain one.
const frames = ['It is {}.', 'The answer is {}.', 'That gives {}.', 'You get {}.'] as const

/** The answer in a sentence. */
export function reworded(answer: string, rng: Rng): string {
  return rng.pick(frames).replace('{}', () => answer)
}

/** The plain answer again; any other text as it is. */
export function plainAnswer(text: string): string {
  return /^(?:It is|The answer is|That gives|You get) (.+)\.$/s.exec(text.trim())?.[1] ?? text
}
