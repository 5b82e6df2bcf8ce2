import { type FaultKind, faultKinds } from './faults.ts'
import { fractions } from './fractions.ts'

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

/** Plans for the requests that match; those of one rule happen in order, one to each request, until none is left. */
export type Rule = {
  readonly match: {
    readonly model?: string | undefined
    /** Anywhere in the body as it was sent. */
    readonly promptRegex?: string | undefined
    /** Only the n-th request that matches otherwise, from 1, and those after it. @default 1 */
    readonly nth?: number | undefined
    /** Only this share of them, 0 to 1; then plans are drawn from `do`, which is not used up. */
    readonly prob?: number | undefined
  }
  readonly do: readonly Plan[]
  /** Of the draws. @default 0 */
  readonly seed?: number | undefined
}

/** Decides which request goes wrong, and how. Throws RangeError for a fault that does not exist. */
export interface FaultPlan {
  /** Puts requests to come at the end of the scenario. */
  enqueue(plans: readonly Plan[]): void
  /** Adds a rule; earlier ones come first. */
  add(rule: Rule): void
  /** Forgets the scenario and all rules; random faults stay. */
  clear(): void
  /** What is left of the scenario. */
  pending(): readonly Plan[]
  /** The scenario in order of arrival, then rules, then random faults. `occurrence`: how often this body came before. */
  next(body: string, occurrence: number): Plan
}

export function createFaultPlan(scenario: readonly Plan[], random: RandomFaults | undefined): FaultPlan {
  checkKinds([...scenario, ...(random?.kinds ?? [])])
  let queue = [...scenario]
  let rules: ActiveRule[] = []
  return {
    enqueue(plans) {
      checkKinds(plans)
      queue.push(...plans)
    },
    add(rule) {
      checkKinds(rule.do)
      rules.push(activate(rule))
    },
    clear() {
      queue = []
      rules = []
    },
    pending: () => [...queue],
    next(body, occurrence) {
      const planned = queue.shift()
      if (planned !== undefined) return planned
      for (const rule of rules) {
        const plan = rule(body, occurrence)
        if (plan !== undefined) return plan
      }
      return drawFault(random, body, occurrence)
    },
  }
}

function checkKinds(plans: readonly Plan[]): void {
  const unknown = plans.find((plan) => plan !== 'normal' && !faultKinds.includes(plan))
  if (unknown !== undefined) throw new RangeError(`Fake provider: unknown fault ${unknown}; there are ${faultKinds.join(', ')}`)
}

type ActiveRule = (body: string, occurrence: number) => Plan | undefined

function activate({ match: { model, promptRegex, nth = 1, prob }, do: plans, seed = 0 }: Rule): ActiveRule {
  const pattern = promptRegex === undefined ? undefined : new RegExp(promptRegex)
  const left = [...plans]
  let matched = 0
  return (body, occurrence) => {
    if (model !== undefined && modelOf(body) !== model) return undefined
    if (pattern !== undefined && !pattern.test(body)) return undefined
    if (++matched < nth) return undefined
    if (prob === undefined) return left.shift()
    const plan = drawFault({ rate: prob, kinds: plans as FaultKind[], seed }, body, occurrence)
    return plan === 'normal' ? undefined : plan
  }
}

function modelOf(body: string): unknown {
  try {
    return (JSON.parse(body) as { readonly model?: unknown } | null)?.model
  } catch {
    return undefined
  }
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
