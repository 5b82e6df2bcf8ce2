import type { Rng } from '@sedi/core'
import { sameAnswer } from '../check.ts'
import type { Kind } from '../kind.ts'
import type { Values } from '../wording.ts'

/** An answer somebody could give by mistake: parts in the wrong order, another number of the list, off by one, or the answer to a similar task. */
export function wrongAnswer(kind: Kind, values: Values, rng: Rng): string {
  const right = kind.answer(values)
  for (const answer of slips(kind, values, right, rng)) if (!sameAnswer(answer, right, kind.caseMatters)) return answer
  return `not ${right}`
}

function* slips(kind: Kind, values: Values, right: string, rng: Rng): Generator<string> {
  const parts = right.split(', ')
  if (parts.length > 1) {
    const i = rng.int(parts.length - 1)
    yield [...parts.slice(0, i), parts[i + 1]!, parts[i]!, ...parts.slice(i + 2)].join(', ')
  }
  if (/^\d+$/.test(right)) {
    const offered = Object.values(values).flatMap((value) => (Array.isArray(value) && value.includes(Number(right)) ? value.map(String) : []))
    yield* rng.shuffle(offered)
    yield String(Math.max(0, Number(right) + rng.pick([-1, 1, 2])))
  }
  for (let i = 0; i < 40; i++) yield kind.answer(kind.redraw(values, i < 20 ? 0.6 : 0, rng))
}
