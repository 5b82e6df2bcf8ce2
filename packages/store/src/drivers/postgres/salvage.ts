import type { Fact, Recorded, Salvage } from '@sedi/spec'
import type { Shapes } from './fact-rows.ts'
import { lastSeq, readFacts } from './reader.ts'
import type { Queries } from './server.ts'

/** Every fact of a run whose row is as it was written. Reads all of it once to say what is missing, and again when the facts are asked for. */
export async function salvageRun(queries: Queries, run: number, shapes: Shapes): Promise<Salvage> {
  const recorded = await lastSeq(queries, run)
  const whole = (): AsyncGenerator<Recorded<Fact>> => readFacts(queries, run, shapes, () => {})
  const missing: [number, number][] = []
  let found = 0
  let expected = 1
  for await (const { seq } of whole()) {
    if (seq > expected) missing.push([expected, seq - 1])
    expected = seq + 1
    found++
  }
  if (expected <= recorded) missing.push([expected, recorded])
  return { found, recorded, missing, facts: whole, close: () => {} }
}
