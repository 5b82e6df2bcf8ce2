import type { Rng } from '@sedi/core'
import type { Task } from '@sedi/spec'
import { createFillerSource, type FillerSource, type Fillers } from './fillers.ts'
import { writeItem } from './item.ts'
import type { FamilyKind } from './universe.ts'

/** Nobody's habits: phrases only a little skewed. */
export const nobodysFillers = (fillers: Fillers): FillerSource => createFillerSource(fillers, 0.5)

/** A task of a kind with the right answer, from one side of the test split. */
export function cleanTask(kind: FamilyKind, fillers: FillerSource, rng: Rng, reserved: boolean): Task {
  const wording = rng.pick(kind.wordings.filter((each) => each.reserved === reserved))
  const chosen = wording.choices.map((options) => rng.pick(options))
  const values = kind.draw(rng, reserved)
  return writeItem({ kind, wording, chosen, values, style: rng.next(), ...fillers.draw(rng, kind.family, wording.isQuestion) })
}
