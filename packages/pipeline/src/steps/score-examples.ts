import { instructionFollowingDifficulty } from '@sedi/core'
import { type BatchFact, type ScoresFact, SediError, studentPrompt } from '@sedi/spec'
import type { Run } from '../run-context.ts'
import type { KeptExample } from '../state/pool.ts'

/** Examples between two looks at whether to stop. */
const chunkSize = 64

/**
 * IFD of the round's examples that have none yet, by the scorer beside the trainer; where the signal needs one. Recorded at once: two
 * forward passes for each example, begun anew when they were interrupted.
 */
export async function scoreExamples(round: number, batches: readonly BatchFact[], run: Run): Promise<void> {
  const { scorer } = run.adapters
  if (scorer === undefined || run.signal?.needs.includes('scorer') !== true) return
  if ((await run.ledger.find('scores', { round, measure: 'ifd' })).length > 0) return
  const wanted = new Set(batches.flatMap(({ exampleIds }) => exampleIds))
  const examples = run.pool.examples.filter(({ id }) => wanted.has(id) && !run.scores.has(id))
  if (examples.length === 0) return
  throwIfStopped(run)
  const opened = await scorer.open()
  const values: (number | null)[] = []
  try {
    for (let start = 0; start < examples.length; start += chunkSize) {
      throwIfStopped(run)
      run.onProgress({ round, rounds: run.config.rounds, stage: 'train', done: start, planned: examples.length })
      const chunk = examples.slice(start, start + chunkSize)
      const given = await opened.scorer.score(chunk.map((example) => ({ prompt: studentPrompt(example), completion: example.output })))
      const alone = await opened.scorer.score(chunk.map((example) => ({ prompt: emptyPrompt, completion: example.output })))
      values.push(...chunk.map((_, i) => instructionFollowingDifficulty(given[i]!.tokenLogprobs, alone[i]!.tokenLogprobs)))
    }
  } finally {
    await opened.close()
  }
  const fact: ScoresFact = { kind: 'scores', round, measure: 'ifd', scorer: scorer.id, ids: examples.map(({ id }: KeptExample) => id), values }
  await run.ledger.append([fact])
  for (const [i, id] of fact.ids.entries()) run.scores.set(id, values[i]!)
}

function throwIfStopped({ stop }: Run): void {
  if (stop.aborted) throw new SediError('aborted', 'Stopped before all examples were scored; scoring begins anew.')
}

/** The answer alone: a task without words. */
const emptyPrompt = ''
