/** Work that is begun in order, goes on side by side, and ends in order. */
export type FinishingLine = {
  /** Items whose verdict is not known yet, over all work in the line. */
  readonly open: number
  /** `finish` may do what it likes at once, but has to wait for `isMyTurn` before anything whose order counts. */
  add(open: number, finish: (isMyTurn: Promise<void>) => Promise<void>): void
  /** Throws what some work in the line failed with. */
  assertSound(): void
  /** Resolves when the line is empty; rejects as the first work that failed did. */
  done(): Promise<void>
  /** The same without a word about failures. */
  settle(): Promise<void>
}

export function createFinishingLine(): FinishingLine {
  let open = 0
  let last: Promise<void> = Promise.resolve()
  let failure: { readonly error: unknown } | undefined

  return {
    get open() {
      return open
    },
    add(count, finish) {
      open += count
      const before = last
      last = (async () => {
        await finish(before)
        open -= count
      })()
      last.catch((error) => {
        failure ??= { error } // Whoever comes after it in the line fails with the same.
      })
    },
    assertSound() {
      if (failure !== undefined) throw failure.error
    },
    done: () => last,
    settle: () => last.catch(() => {}),
  }
}
