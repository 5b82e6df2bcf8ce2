import { roomWait } from './rate-window.ts'

export type Dimension = 'requests' | 'tokens'

/** Something that counts against a limit: a request of ours, or what others with the same key have used. */
export type Use = { at: number; readonly requests: number; tokens: number; readonly foreign: boolean }

/** What was used within a window, in order of time. All of it costs O(1) but waiting, and entering into the past. */
export type UsageLog = {
  enter(use: Use): void
  /** Everything up to then has left the window. */
  forget(until: number): void
  correct(use: Use, tokens: number): void
  /** It was later than it was entered as. */
  move(use: Use, at: number): void
  /** Ours alone, or everybody's. */
  used(dimension: Dimension, whose: 'own' | 'all'): number
  /** Until so much more has room under the limit; the window begins at `from`. */
  wait(dimension: Dimension, whose: 'own' | 'all', wanted: number, limit: number, from: number): number
}

export function createUsageLog(): UsageLog {
  let uses: Use[] = []
  let first = 0
  const left = new WeakSet<Use>()
  const totals = { own: { requests: 0, tokens: 0 }, all: { requests: 0, tokens: 0 } }

  function count(use: Use, sign: 1 | -1): void {
    for (const whose of use.foreign ? (['all'] as const) : (['own', 'all'] as const)) {
      totals[whose].requests += sign * use.requests
      totals[whose].tokens += sign * use.tokens
    }
  }

  function* oldestFirst(dimension: Dimension, whose: 'own' | 'all'): Iterable<{ readonly at: number; readonly amount: number }> {
    for (let i = first; i < uses.length; i++) {
      const use = uses[i]!
      if (whose === 'all' || !use.foreign) yield { at: use.at, amount: use[dimension] }
    }
  }

  function enter(use: Use): void {
    let place = uses.length
    while (place > first && uses[place - 1]!.at > use.at) place--
    if (place === uses.length) uses.push(use)
    else uses.splice(place, 0, use)
  }

  return {
    enter(use) {
      count(use, 1)
      enter(use)
    },
    move(use, at) {
      if (left.has(use)) return
      uses.splice(uses.indexOf(use, first), 1)
      use.at = at
      enter(use)
    },
    forget(until) {
      for (; first < uses.length && uses[first]!.at <= until; first++) {
        count(uses[first]!, -1)
        left.add(uses[first]!)
      }
      if (first > 1000 && first > uses.length / 2) {
        uses = uses.slice(first)
        first = 0
      }
    },
    correct(use, tokens) {
      if (left.has(use)) return
      count(use, -1)
      use.tokens = tokens
      count(use, 1)
    },
    used: (dimension, whose) => totals[whose][dimension],
    wait: (dimension, whose, wanted, limit, from) => roomWait(oldestFirst(dimension, whose), totals[whose][dimension], wanted, limit, from),
  }
}
