import type { Rng } from '@sedi/core'
import type { Filler } from '../fillers.ts'
import type { Item } from '../item.ts'
import type { Recognised } from '../recognise.ts'
import type { Habits } from './habits.ts'

/** An item that starts from an example: the same kind or a sibling, parts of its wording, operands and phrases. */
export function anchoredItem(example: Recognised, habits: Habits, rng: Rng): Item {
  const { settings, universe } = habits
  const siblings = universe.kinds.filter((kind) => kind.family === example.kind.family && kind.id !== example.kind.id)
  const sameKind = siblings.length === 0 || rng.next() < settings.keepKind
  const kind = sameKind ? example.kind : rng.pick(siblings)
  const sameWording = sameKind && !example.wording.reserved && rng.next() < settings.keepWording
  const wording = sameWording ? example.wording : habits.wording(kind, rng)
  const chosen = habits.chosen(wording, rng)
  return {
    kind,
    wording,
    chosen: sameWording ? keepSome(example.chosen, chosen, settings.keepWord, rng) : chosen,
    values: sameKind ? kind.redraw(example.values, settings.keepOperand, rng) : kind.draw(rng, false),
    style: rng.next(),
    ...keepFiller(example, { kind, wording }, habits, rng),
  }
}

/** A favourite item with a few words changed. */
export function nearCopy(favourite: Item, habits: Habits, rng: Rng): Item {
  const { settings } = habits
  const { kind, wording } = favourite
  return {
    ...favourite,
    chosen: keepSome(favourite.chosen, habits.chosen(wording, rng), settings.keepWord, rng),
    values: kind.redraw(favourite.values, settings.keepOperand, rng),
    ...keepFiller(favourite, favourite, habits, rng),
  }
}

/** Each part of the old phrases is kept, a few words changed, or gives way to a fresh one. Silence is not copied. */
function keepFiller(old: Filler, { kind, wording }: Pick<Item, 'kind' | 'wording'>, habits: Habits, rng: Rng): Filler {
  const { settings, fillers } = habits
  const keep = (part: string): string => (part !== '' && rng.next() < settings.keepFiller ? fillers.vary(part, settings.keepWord, rng) : '')
  const kept = { prefix: keep(old.prefix), suffix: keep(old.suffix) }
  const fresh = habits.filler(kind, wording, rng, kept.prefix + kept.suffix)
  return { prefix: kept.prefix || fresh.prefix, suffix: kept.suffix || fresh.suffix }
}

function keepSome(old: readonly string[], fresh: readonly string[], keep: number, rng: Rng): readonly string[] {
  return old.map((word, i) => (rng.next() < keep ? word : fresh[i]!))
}
