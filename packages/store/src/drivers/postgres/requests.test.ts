import { afterEach, expect, it, vi } from 'vitest'
import { watchRequests } from './requests.ts'
import type { Queries } from './server.ts'

afterEach(() => void vi.useRealTimers())

it('what is told during a look is looked for right after it, not with the next one', async () => {
  vi.useFakeTimers() // nothing comes of itself
  const waiting: { action: string; session: number }[] = [{ action: 'pause', session: 0 }]
  const answers: (() => void)[] = []
  const queries: Queries = {
    async query(text) {
      if (text.startsWith('DELETE')) return { rows: [], rowCount: 0 }
      const rows = waiting.splice(0)
      await new Promise<void>((resolve) => answers.push(resolve))
      return { rows, rowCount: rows.length }
    },
  }
  const seen: string[] = []
  const watch = watchRequests(queries, 1, 0, (action) => void seen.push(action))
  // The first question is on its way; what comes now is not in its answer.
  waiting.push({ action: 'cancel', session: 0 })
  watch.look()
  watch.look()
  answers.shift()!()
  await vi.advanceTimersByTimeAsync(0)
  expect(seen).toEqual(['pause'])
  answers.shift()!()
  await vi.advanceTimersByTimeAsync(0)
  expect(seen).toEqual(['pause', 'cancel'])
  expect(answers).toEqual([])
  watch.close()
})
