type Waiting<Work, Value> = { readonly work: Work; readonly resolve: (value: Value) => void; readonly reject: (error: unknown) => void }

/** What became of one work of a committed group. */
export type GroupResult<Value> = { readonly ok: true; readonly value: Value } | { readonly ok: false; readonly error: unknown }

/**
 * Group commit for a database that is asked over a wire: while one commit is under way, what is asked for gathers and becomes the next one.
 * Results are given only after the commit. `commitAll` returns a result for each work, in order, or rejects when nothing was committed.
 */
export function createWorkGroups<Work, Value>(
  commitAll: (works: readonly Work[]) => Promise<readonly GroupResult<Value>[]>,
): { run(work: Work): Promise<Value>; drain(): Promise<void> } {
  const waiting: Waiting<Work, Value>[] = []
  let atWork: Promise<void> | undefined

  async function commitWaiting(): Promise<void> {
    // What is asked for in the same turn goes along.
    await new Promise((resolve) => setImmediate(resolve))
    while (waiting.length > 0) await commitGroup(waiting.splice(0))
    atWork = undefined
  }

  async function commitGroup(group: readonly Waiting<Work, Value>[]): Promise<void> {
    try {
      const results = await commitAll(group.map(({ work }) => work))
      for (const [i, { resolve, reject }] of group.entries()) {
        const result = results[i]!
        if (result.ok) resolve(result.value)
        else reject(result.error)
      }
    } catch (error) {
      for (const { reject } of group) reject(error)
    }
  }

  return {
    run(work) {
      return new Promise<Value>((resolve, reject) => {
        waiting.push({ work, resolve, reject })
        atWork ??= commitWaiting()
      })
    },
    drain: async () => atWork,
  }
}
