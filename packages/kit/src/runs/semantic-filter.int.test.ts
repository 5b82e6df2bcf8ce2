import { wordPartEmbedding } from '@sedi/core'
import { expect, it } from 'vitest'
import { finishedRun, smallConfig } from '../fixtures/small-run.ts'
import { replayFilter } from '../replay/replay-filter.ts'
import { explain, renderExplanation } from './explain.ts'
import { reportRun } from './run-report.ts'

const cosine = (a: string, b: string): number => {
  const [one, other] = [wordPartEmbedding(a), wordPartEmbedding(b)]
  return one.reduce((sum, value, d) => sum + value * other[d]!, 0)
}

it('a run with both filters says which one rejected what, explains it, and its replays keep what it kept', async () => {
  const run = await finishedRun(smallConfig({ filter: { threshold: 0.85, semantic: { threshold: 0.7 } } }))
  const { ledger } = run
  try {
    const alike = await ledger.find('candidate', { reason: 'similar-meaning' })
    const similar = await ledger.find('candidate', { reason: 'similar' })
    const kept = await ledger.find('candidate', { verdict: 'kept' })
    expect(Math.min(alike.length, similar.length, kept.length)).toBeGreaterThan(0)

    const texts = new Map([
      ...(await ledger.find('seed-event')).map(({ seedId, instruction }) => [seedId, instruction] as const),
      ...kept.map(({ id, instruction }) => [id, instruction] as const),
    ])
    for (const { instruction, nearestId, nearestScore } of alike) {
      expect(nearestScore).toBeGreaterThan(0.7)
      expect(nearestScore).toBeCloseTo(cosine(instruction, texts.get(nearestId!)!), 5)
    }
    const text = renderExplanation(await explain(ledger, alike[0]!.id))
    expect(text).toContain(`${alike[0]!.id} · rejected: similar-meaning`)
    expect(text).toContain('why           cosine of word-parts word-parts-512')
    expect(text).toContain(`too similar to ${alike[0]!.nearestId}, cosine ${alike[0]!.nearestScore!.toFixed(4)}: `)
    expect((await reportRun(ledger)).rejected).toMatchObject({ similar: similar.length, 'similar-meaning': alike.length })

    const reached = kept.length + similar.length + alike.length
    const byWords = await replayFilter({ ledger }, [0.85, 0.6])
    expect(byWords).toMatchObject({ by: 'rouge-l', candidates: reached, recorded: { threshold: 0.85, kept: kept.length } })
    expect(byWords.thresholds[0]).toEqual({ threshold: 0.85, kept: kept.length, similar: similar.length, 'similar-meaning': alike.length })
    expect(byWords.thresholds[1]!.kept).toBeLessThan(kept.length)
    const byMeaning = await replayFilter({ ledger }, [0.7, 1], { by: 'cosine' })
    expect(byMeaning).toMatchObject({ by: 'cosine', recorded: { threshold: 0.7, kept: kept.length } })
    expect(byMeaning.thresholds[0]!.kept).toBe(kept.length)
    expect(byMeaning.thresholds[1]!.kept).toBeGreaterThan(kept.length)
  } finally {
    await run.close()
  }
})
