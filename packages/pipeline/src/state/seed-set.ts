import type { SeedEventFact, SeedTask } from '@sedi/spec'

export type ActiveSeed = SeedTask & { readonly addedInRound: number }

/** S: the tasks shown to the teacher, as their history of events left them. */
export type SeedSet = {
  /** In order of entry. */
  active(): readonly ActiveSeed[]
  /** Events so far; the next one's index. */
  readonly events: number
  apply(event: SeedEventFact): void
}

export function createSeedSet(history: readonly SeedEventFact[]): SeedSet {
  let events = 0
  const active = new Map<string, ActiveSeed>()

  function apply(event: SeedEventFact): void {
    events = event.index + 1
    const { seedId: id, origin, instruction, input, output, round } = event
    if (event.action === 'add') active.set(id, { id, origin, instruction, input, output, addedInRound: round })
    else active.delete(id)
  }
  for (const event of history) apply(event)

  return {
    active: () => [...active.values()],
    get events() {
      return events
    },
    apply,
  }
}
