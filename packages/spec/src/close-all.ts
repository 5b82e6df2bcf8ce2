/** Closes all of them, one after the other, whatever any of them throws; then throws what the first one threw. */
export async function closeAll(...closes: readonly (() => unknown)[]): Promise<void> {
  const thrown: unknown[] = []
  for (const close of closes) {
    try {
      await close()
    } catch (error) {
      thrown.push(error)
    }
  }
  if (thrown.length > 0) throw thrown[0]
}
