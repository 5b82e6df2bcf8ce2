import { createHash } from 'node:crypto'
import { type FaultKind, faultKinds } from './faults.ts'

/** Random faults. */
export type RandomFaults = {
  /** Probability for each request, 0 to 1. */
  readonly rate: number
  /** Drawn from with equal probability. */
  readonly kinds: readonly FaultKind[]
  readonly seed: number
}

/** What should happen to one request. */
export type Plan = FaultKind | 'normal'

/** Decides which request goes wrong, and how. Throws RangeError for a fault that does not exist. */
export interface FaultPlan {
  /** Puts requests to come at the end of the scenario. */
  enqueue(plans: readonly Plan[]): void
  /** The scenario in order of arrival, then random faults. `occurrence`: how often this body came before. */
  next(body: string, occurrence: number): Plan
}

export function createFaultPlan(scenario: readonly Plan[], random: RandomFaults | undefined): FaultPlan {
  checkKinds([...scenario, ...(random?.kinds ?? [])])
  const queue = [...scenario]
  return {
    enqueue(plans) {
      checkKinds(plans)
      queue.push(...plans)
    },
    next: (body, occurrence) => queue.shift() ?? drawFault(random, body, occurrence),
  }
}

function checkKinds(plans: readonly Plan[]): void {
  const unknown = plans.find((plan) => plan !== 'normal' && !faultKinds.includes(plan))
  if (unknown !== undefined) throw new RangeError(`Fake provider: unknown fault ${unknown}; there are ${faultKinds.join(', ')}`)
}

/**
 * Depends on the seed, the body and how often it came, not on the order of arrival: the same requests meet the same faults
 * however many run at a time, and a retry is a new draw.
 */
function drawFault(random: RandomFaults | undefined, body: string, occurrence: number): Plan {
  if (random === undefined || random.kinds.length === 0) return 'normal'
  const [chance, choice] = fractions(`${random.seed}/${occurrence}/${body}`)
  return chance < random.rate ? random.kinds[Math.floor(choice * random.kinds.length)]! : 'normal'
}

/** Two numbers in [0, 1) that only the text decides. */
export function fractions(text: string): readonly [number, number] {
  const digest = createHash('sha256').update(text).digest()
  return [digest.readUInt32BE(0) / 2 ** 32, digest.readUInt32BE(4) / 2 ** 32]
}
