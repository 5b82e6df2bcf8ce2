import { Refusal } from '../problem.ts'

export type Gate = {
  /** Takes one of the places, or throws a refusal with status 503. The caller releases it, once. */
  enter(): () => void
}

/** So many at once of something that costs memory or time. Who comes when it is full is sent away: waiting would hold connections. */
export function createGate(places: number, what: string): Gate {
  let taken = 0
  return {
    enter() {
      if (taken >= places)
        throw new Refusal(503, 'rate-limited', `There are ${places} ${what} at work, as many as this server takes. Try again later.`, { 'retry-after': '5' })
      taken++
      let released = false
      return () => {
        if (!released) taken--
        released = true
      }
    },
  }
}
