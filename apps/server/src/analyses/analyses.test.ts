import { SediError } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { createAnalyses } from './analyses.ts'
import type { AnalysisProcesses } from './analysis-processes.ts'

type Begun = {
  readonly name: string
  readonly tell: (share: number, value?: unknown) => void
  readonly end: (value: unknown) => void
  readonly fail: (error: Error) => void
}

/** Analyses whose work the test itself ends. */
function underTest(most = 1) {
  const begun: Begun[] = []
  const processes: AnalysisProcesses = {
    make: (analysis, ask, tell) =>
      new Promise(
        (end, fail) =>
          void begun.push({ name: `${analysis} ${'run' in ask ? ask.run : ask.runs}`, tell: tell as Begun['tell'], end: end as Begun['end'], fail }),
      ),
    close() {},
  }
  return { begun, analyses: createAnalyses({ storeAddress: '', most, megabytes: 1, processes }) }
}

const age = (raw: number, isOver = false, born = 'a') => ({ born, raw, digest: `${raw}`, isOver })
const settled = (): Promise<void> => new Promise((resolve) => setTimeout(resolve))

describe('createAnalyses', () => {
  it('begins once, says how far it is and what is known, and keeps what was made', async () => {
    const { begun, analyses } = underTest()
    expect(analyses.look('thresholds', { run: 'r' }, age(100))).toMatchObject({ state: 'computing', progress: 0, value: undefined })
    begun[0]!.tell(0.5, 'some')
    expect(analyses.look('thresholds', { run: 'r' }, age(100))).toMatchObject({ state: 'computing', progress: 0.5, value: 'some' })
    begun[0]!.end('all')
    await settled()
    expect(analyses.look('thresholds', { run: 'r' }, age(100))).toMatchObject({ state: 'ready', progress: 1, value: 'all', asOfRaw: 100 })
    expect(begun).toHaveLength(1)
  })

  it('makes it again when the run has grown by a fifth, is over, or is another; until then shows what there is', async () => {
    const { begun, analyses } = underTest()
    const look = (...of: Parameters<typeof age>) => analyses.look('map', { run: 'r', points: 10 }, age(...of))
    look(100)
    begun[0]!.end('at 100')
    await settled()
    look(119)
    expect(begun).toHaveLength(1)
    expect(look(121)).toMatchObject({ state: 'ready', value: 'at 100', asOfRaw: 100 })
    expect(begun).toHaveLength(2)
    begun[1]!.end('at 121')
    await settled()
    expect(look(122)).toMatchObject({ value: 'at 121' })
    look(122, true)
    expect(begun).toHaveLength(3)
    begun[2]!.end('at 122')
    await settled()
    expect(look(122, true)).toMatchObject({ value: 'at 122', asOfRaw: 122 })
    expect(look(5, false, 'another')).toMatchObject({ state: 'computing', value: undefined })
    expect(begun).toHaveLength(4)
  })

  it('tells an error once and then tries again', async () => {
    const { begun, analyses } = underTest()
    analyses.look('shadow', { run: 'r' }, age(1))
    begun[0]!.fail(new SediError('storage', 'gone'))
    await settled()
    expect(analyses.look('shadow', { run: 'r' }, age(1)).error).toMatchObject({ code: 'storage' })
    expect(analyses.look('shadow', { run: 'r' }, age(1))).toMatchObject({ state: 'computing', error: undefined })
    expect(begun).toHaveLength(2)
  })

  it('makes so many of a kind at once, whatever other kinds do', async () => {
    const { begun, analyses } = underTest()
    for (const run of ['a', 'b', 'c']) analyses.look('shadow', { run }, age(1))
    const compared = analyses.wait('compare', { runs: ['a', 'b'], diversity: false, unfinished: false }, [age(1), age(1)])
    expect(begun.map(({ name }) => name)).toEqual(['shadow a', 'compare a,b'])
    begun[0]!.fail(new Error('broken'))
    await settled()
    begun[1]!.end('compared')
    expect(await compared).toBe('compared')
    expect(begun.map(({ name }) => name)).toEqual(['shadow a', 'compare a,b', 'shadow b'])
  })

  it('compares again when a run has changed, and refuses a line that is too long', async () => {
    const { begun, analyses } = underTest()
    const compare = (name: string, raw = 1) => analyses.wait('compare', { runs: [name, 'other'], diversity: false, unfinished: false }, [age(raw), age(1)])
    const first = compare('a')
    begun[0]!.end(1)
    expect([await first, await compare('a')]).toEqual([1, 1])
    void compare('a', 2)
    expect(begun).toHaveLength(2)
    const waiting = Array.from({ length: 51 }, (_, i) => compare(`waiting ${i}`))
    for (const one of waiting.slice(0, 50)) one.catch(() => {})
    await expect(waiting[50]).rejects.toMatchObject({ code: 'rate-limited' })
  })
})
