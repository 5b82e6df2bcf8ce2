import { hash32, type Rng } from '@sedi/core'
import type { Slot, Value } from './slots.ts'
import { compileWording, type Slots, type Values, type Wording, type WordingSource } from './wording.ts'

/** A kind of task: its operands, its wordings and the rule that answers it. */
export interface Kind {
  readonly id: string
  readonly wordings: readonly Wording[]
  /** Whether letter case is part of the answer. */
  readonly caseMatters: boolean
  /** Operands that make sense together; `reserved` says from which side of the test split. */
  draw(rng: Rng, reserved: boolean): Values
  /** Operands near `values`: each is kept with probability `keep`, in lists item by item; never reserved ones. */
  redraw(values: Values, keep: number, rng: Rng): Values
  /** Operands of which some are given, the others drawn; undefined when no free ones are found that make sense with them. */
  complete(given: Values, rng: Rng): Values | undefined
  /** Whether the question makes sense: the item asked about is in the list, nobody scores a tie. */
  accepts(values: Values): boolean
  /** Whether only the held-out test may use these operands. */
  reserves(values: Values): boolean
  answer(values: Values): string
  /** The same text for the same operands. */
  key(values: Values): string
}

type ValuesOf<S extends Slots> = { readonly [Name in keyof S]: S[Name] extends Slot<infer T> ? T : never }

export type KindDefinition<S extends Slots> = {
  readonly id: string
  readonly slots: S
  /**
   * What the held-out test has never shown in training. `operands`: one combination of operands in eight, and the reserved
   * wordings. `wording`: only the wordings, because the kind is a table of facts or sums; whoever has not seen the fact
   * cannot know it.
   * @default 'operands'
   */
  readonly unseen?: 'operands' | 'wording'
  /** @default false */
  readonly caseMatters?: boolean
  readonly wordings: readonly WordingSource[]
  readonly reservedWordings: readonly WordingSource[]
  /** Draws all operands at once where drawing each alone would rarely make sense. */
  readonly draw?: (rng: Rng) => ValuesOf<S>
  readonly accepts?: (values: ValuesOf<S>) => boolean
  readonly answer: (values: ValuesOf<S>) => string
}

const oneInReserved = 8
const tries = 400

export function defineKind<const S extends Slots>(definition: KindDefinition<S>): Kind {
  const { id, slots, unseen = 'operands', caseMatters = false, wordings, reservedWordings } = definition
  // The one place where the slots' own types are given up: values come from these slots' draw and parse only.
  const typed = (values: Values): ValuesOf<S> => values as ValuesOf<S>
  const drawEach = (rng: Rng): Values => Object.fromEntries(Object.entries(slots).map(([name, slot]) => [name, slot.draw(rng)]))
  const drawOnce = definition.draw ?? drawEach
  const accepts = (values: Values): boolean => definition.accepts?.(typed(values)) ?? true
  const key = (values: Values): string => JSON.stringify([id, Object.keys(slots).map((name) => values[name])])
  const reserves = (values: Values): boolean => unseen === 'operands' && hash32(key(values)) % oneInReserved === 0

  function draw(rng: Rng, reserved: boolean): Values {
    for (let i = 0; i < tries; i++) {
      const values = drawOnce(rng)
      if (accepts(values) && reserves(values) === (reserved && unseen === 'operands')) return values
    }
    throw new RangeError(`${id}: no ${reserved ? 'reserved' : 'free'} operands in ${tries} tries`)
  }

  function redraw(values: Values, keep: number, rng: Rng): Values {
    for (let i = 0; i < 20; i++) {
      const fresh = drawOnce(rng)
      const mixed = Object.fromEntries(Object.keys(slots).map((name) => [name, mix(values[name]!, fresh[name]!, keep, rng)]))
      if (accepts(mixed) && !reserves(mixed)) return mixed
    }
    return draw(rng, false)
  }

  function complete(given: Values, rng: Rng): Values | undefined {
    for (let i = 0; i < tries; i++) {
      const values = { ...drawOnce(rng), ...given }
      if (accepts(values) && !reserves(values)) return values
    }
    return undefined
  }

  return {
    id,
    caseMatters,
    wordings: [...wordings.map((source) => compileWording(source, slots, false)), ...reservedWordings.map((source) => compileWording(source, slots, true))],
    draw,
    redraw,
    complete,
    accepts,
    reserves,
    answer: (values) => definition.answer(typed(values)),
    key,
  }
}

function mix(old: Value, fresh: Value, keep: number, rng: Rng): Value {
  if (!Array.isArray(old) || !Array.isArray(fresh)) return rng.next() < keep ? old : fresh
  return (old as readonly (string | number)[]).map((item, i) => {
    const other = fresh[i]
    return rng.next() < keep || other === undefined || old.includes(other) ? item : other
  })
}
