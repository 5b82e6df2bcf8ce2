import { createRng, type Rng } from '@sedi/core'
import { createFillerSource, type Filler, type FillerSource } from '../fillers.ts'
import type { Item } from '../item.ts'
import type { FamilyKind, Universe } from '../universe.ts'
import type { Values, Wording } from '../wording.ts'
import type { TeacherSettings } from './teacher-settings.ts'

/** What a teacher brings along: its settings, and what it falls back to when nothing in the prompt leads it. */
export interface Habits {
  readonly universe: Universe
  readonly worldSeed: number
  readonly settings: TeacherSettings
  readonly fillers: FillerSource
  /** A favourite item; callers vary it. A new one where there are no favourites. */
  favourite(rng: Rng): Item
  /** A new item of a kind drawn by preference. */
  item(rng: Rng): Item
  wording(kind: FamilyKind, rng: Rng): Wording
  /** What to say around a question, beside what is said already. */
  filler(kind: FamilyKind, wording: Wording, rng: Rng, beside?: string): Filler
  chosen(wording: Wording, rng: Rng): readonly string[]
}

const operandFavourites = 12
const fillerFavourites = 3

export function createHabits(universe: Universe, worldSeed: number, settings: TeacherSettings): Habits {
  const { kinds } = universe
  const habitsRng = (name: string): Rng => createRng(worldSeed, 'habits', name)
  const preferredKinds = habitsRng('kinds').shuffle(kinds)
  const kindWeights = rankWeights(kinds.length, settings.kindSkew)
  const fillers = createFillerSource(universe.fillers, settings.fillerSkew, habitsRng('fillers'))
  const byKind = new Map(kinds.map((kind) => [kind, favouritesOf(kind)]))
  const favouriteRng = habitsRng('favourites')
  const favourites = Array.from({ length: settings.favouriteItems }, () => item(favouriteRng))
  const favouriteWeights = rankWeights(favourites.length, settings.kindSkew)

  function favouritesOf(kind: FamilyKind) {
    const rng = habitsRng(kind.id)
    const wordings = rng.shuffle(kind.wordings.filter((wording) => !wording.reserved))
    return {
      wordings,
      wordingWeights: rankWeights(wordings.length, settings.wordingSkew),
      operands: Array.from({ length: operandFavourites }, () => kind.draw(rng, false)),
      fillers: Array.from({ length: fillerFavourites }, () => fillers.draw(rng, kind.family, false)),
    }
  }

  function wording(kind: FamilyKind, rng: Rng): Wording {
    const { wordings, wordingWeights } = byKind.get(kind)!
    return wordings[rng.weighted(wordingWeights)]!
  }

  function filler(kind: FamilyKind, { isQuestion }: Wording, rng: Rng, beside = ''): Filler {
    const fromFavourites = beside === '' && rng.next() < settings.favouriteFillers
    return fromFavourites ? rng.pick(byKind.get(kind)!.fillers) : fillers.draw(rng, kind.family, isQuestion, beside)
  }

  function operands(kind: FamilyKind, rng: Rng): Values {
    return rng.next() < settings.favouriteOperands ? rng.pick(byKind.get(kind)!.operands) : kind.draw(rng, false)
  }

  function item(rng: Rng): Item {
    const kind = preferredKinds[rng.weighted(kindWeights)]!
    const put = wording(kind, rng)
    return { kind, wording: put, chosen: chosen(put, rng), values: operands(kind, rng), style: rng.next(), ...filler(kind, put, rng) }
  }

  return {
    universe,
    worldSeed,
    settings,
    fillers,
    item,
    wording,
    filler,
    chosen,
    favourite: (rng) => (favourites.length === 0 ? item(rng) : favourites[rng.weighted(favouriteWeights)]!),
  }
}

function chosen({ choices }: Wording, rng: Rng): readonly string[] {
  return choices.map((options) => rng.pick(options))
}

function rankWeights(count: number, skew: number): readonly number[] {
  return Array.from({ length: count }, (_, rank) => (rank + 1) ** -skew)
}
