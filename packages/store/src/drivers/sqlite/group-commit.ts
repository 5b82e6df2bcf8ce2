/** What became of one piece of work in a committed group. */
export type Result = { readonly ok: true; readonly value: unknown } | { readonly ok: false; readonly error: unknown }

/** Does all works in one transaction and returns their results in order. Throws when nothing could be committed at all. */
export type CommitAll = (works: readonly (() => unknown)[]) => readonly Result[]

type Waiting = { readonly work: () => unknown; readonly resolve: (value: never) => void; readonly reject: (error: unknown) => void }

/**
 * Group commit: everything asked for in one turn of the event loop becomes one transaction and one wait for the disk.
 * While a commit blocks, new requests gather for the next one, so the group grows with the load and an idle ledger adds no delay.
 * Results are given only after the commit: what a caller was told is on disk.
 */
export function createGroupCommit(commitAll: CommitAll): { run<Value>(work: () => Value): Promise<Value>; drain(): Promise<void> } {
  let waiting: Waiting[] = []
  let flushed: Promise<void> = Promise.resolve()

  function flush(): void {
    const group = waiting
    waiting = []
    try {
      const results = commitAll(group.map((entry) => entry.work))
      for (const [i, entry] of group.entries()) settle(entry, results[i]!)
    } catch (error) {
      for (const entry of group) entry.reject(error)
    }
  }

  return {
    run<Value>(work: () => Value): Promise<Value> {
      if (waiting.length === 0) {
        flushed = new Promise((resolve) => {
          setImmediate(() => {
            flush()
            resolve()
          })
        })
      }
      return new Promise<Value>((resolve, reject) => {
        waiting.push({ work, resolve, reject })
      })
    },
    drain: () => flushed,
  }
}

function settle(entry: Waiting, result: Result): void {
  if (result.ok) entry.resolve(result.value as never)
  else entry.reject(result.error)
}
