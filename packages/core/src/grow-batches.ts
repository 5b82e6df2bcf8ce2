import type { ComposedBatch, ComposerInput } from './composers/composer.ts'
import { createSimilarities, type Similarities } from './similarities.ts'

/** Batches that grow side by side from one window of instructions. */
const batchesPerWindow = 8

/** Says which instruction of a window a batch wants next. Instructions are places in the window. */
export interface Picker {
  /** The best of the places with `open[place] = 1`, ties to the first; −1 when none is open. */
  best(batch: number, open: Uint8Array): number
  /** Takes note that the batch got it. */
  add(batch: number, place: number): void
}

/** `capacity`: the most instructions a batch gets. */
export type MakePicker = (window: Similarities, batches: number, capacity: number) => Picker

/**
 * Batches by greedy choice, every instruction once per epoch.
 *
 * Each epoch is cut at random into windows of about eight batches (8B instructions), and the batches of a window take turns picking one
 * instruction each, in alternating order; the first of each is random, so that epochs differ. So what no batch wants is spread over all of them: filling one batch after another would
 * collect near-duplicates and outliers in the last ones. With `conflicts`, a batch picks nothing that conflicts with what it has as long as
 * there is anything else. Ties go to the earlier place in the epoch's random order, so renumbering the instructions changes nothing else.
 */
export function* growBatches({ count, batchSize, embeddings, conflicts, rng }: ComposerInput, makePicker: MakePicker): Generator<ComposedBatch> {
  if (count === 0) return
  const all = Array.from({ length: count }, (_, i) => i)
  const batches = Math.ceil(count / batchSize)
  const windows = Math.ceil(batches / batchesPerWindow)
  for (let epoch = 1; ; epoch++) {
    const order = rng.shuffle(all)
    for (let w = 0, first = 0; w < windows; w++) {
      const last = Math.floor(((w + 1) * batches) / windows) // windows differ by one batch at most
      const members = order.slice(first * batchSize, last * batchSize)
      for (const indices of growWindow(members, { batchSize, embeddings: embeddings!, conflicts }, makePicker)) yield { indices, epoch }
      first = last
    }
  }
}

type WindowInput = { readonly batchSize: number; readonly embeddings: readonly Float32Array[]; readonly conflicts: ComposerInput['conflicts'] }

function growWindow(members: readonly number[], { batchSize, embeddings, conflicts }: WindowInput, makePicker: MakePicker): number[][] {
  const count = Math.ceil(members.length / batchSize)
  const picker = makePicker(createSimilarities(members.map((i) => embeddings[i]!)), count, batchSize)
  const sizes = Array.from({ length: count }, (_, b) => Math.min(batchSize, members.length - b * batchSize))
  const taken: number[][] = sizes.map(() => [])
  const left = new Uint8Array(members.length).fill(1)
  const open = sizes.map(() => new Uint8Array(members.length).fill(1)) // left and without conflict with the batch
  const placeOf = new Map(members.map((i, place) => [i, place]))

  function choose(batch: number): number {
    if (taken[batch]!.length === 0) return left.indexOf(1)
    const place = picker.best(batch, open[batch]!)
    return place < 0 ? picker.best(batch, left) : place
  }

  function take(batch: number): void {
    const place = choose(batch)
    taken[batch]!.push(members[place]!)
    picker.add(batch, place)
    left[place] = 0
    for (const one of open) one[place] = 0
    if (conflicts === undefined) return
    const i = members[place]!
    for (let at = conflicts.offsets[i]!; at < conflicts.offsets[i + 1]!; at++) {
      const other = placeOf.get(conflicts.neighbours[at]!)
      if (other !== undefined) open[batch]![other] = 0
    }
  }

  for (let turn = 0; turn < batchSize; turn++) {
    for (let b = 0; b < count; b++) {
      const batch = turn % 2 === 0 ? b : count - 1 - b
      if (turn < sizes[batch]!) take(batch)
    }
  }
  return taken
}
