import { isRefusal } from './errors.ts'
import type { Result, Work } from './record.ts'

/** Records works as a group; where the database refuses something of it, one by one, so that only what it refuses fails. */
export async function recordOrEach(works: readonly Work[], record: (works: readonly Work[]) => Promise<readonly Result[]>): Promise<readonly Result[]> {
  try {
    return await record(works)
  } catch (error) {
    if (!isRefusal(error) || works.length === 1) throw error
  }
  const results: Result[] = []
  for (const work of works) {
    try {
      results.push((await record([work]))[0]!)
    } catch (error) {
      if (!isRefusal(error)) throw error
      results.push({ ok: false, error })
    }
  }
  return results
}
