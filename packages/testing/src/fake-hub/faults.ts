import type { Answer, Asked } from './http.ts'

/** What happens to requests that match, instead of or besides their answer. */
export type HubFault = {
  readonly method?: string | undefined
  readonly path: RegExp
  /** Requests that match and are let through before it begins. @default 0 */
  readonly after?: number | undefined
  /** How many requests it hits. @default 1 */
  readonly times?: number | undefined
  readonly does:
    | { readonly answer: Answer }
    /** The connection is cut before anything is done. */
    | 'cut'
    /** It is done, and the connection cut before the answer. */
    | 'lose-answer'
    /** Called when the request is there; it is done once the promise is. */
    | { readonly until: () => Promise<void> }
}

export type HubFaults = {
  add(fault: HubFault): void
  clear(): void
  next(asked: Asked): HubFault['does'] | undefined
}

/** Faults in the order in which they were added; the first that matches and is not used up counts. */
export function createFaults(): HubFaults {
  let waiting: { readonly fault: HubFault; skip: number; left: number }[] = []
  return {
    add: (fault) => void waiting.push({ fault, skip: fault.after ?? 0, left: fault.times ?? 1 }),
    clear: () => {
      waiting = []
    },
    next({ method, path }) {
      const match = waiting.find(({ fault, left }) => left > 0 && (fault.method ?? method) === method && fault.path.test(path))
      if (match === undefined) return undefined
      if (match.skip > 0) {
        match.skip -= 1
        return undefined
      }
      match.left -= 1
      return match.fault.does
    },
  }
}
