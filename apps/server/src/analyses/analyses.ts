import { SediError, toSediError } from '@sedi/spec'
import type { RunAge } from '../views/view-messages.ts'
import type { AnalysisKinds, AnalysisName } from './analysis-messages.ts'
import { type AnalysisProcesses, createAnalysisProcesses } from './analysis-processes.ts'

export type Analyses = {
  /**
   * What is known now: the latest that was made, perhaps of an earlier age of a run that goes on; else how far it is. Begins it where it is due. An
   * error is told once and forgotten, so that asking again tries again.
   */
  look<N extends AnalysisName>(analysis: N, ask: AnalysisKinds[N]['ask'], age: RunAge): Looked<AnalysisKinds[N]['answer']>
  /** Waits until it is made, of these ages. Throws what it throws. */
  wait<N extends AnalysisName>(analysis: N, ask: AnalysisKinds[N]['ask'], ages: readonly RunAge[]): Promise<AnalysisKinds[N]['answer']>
  close(): void
}

export type Looked<T> = {
  readonly state: 'ready' | 'computing'
  readonly progress: number
  /** While it is computed: what is known already, or what was of an earlier age. */
  readonly value: T | undefined
  /** How much had been written then. */
  readonly asOfRaw: number
  readonly error: SediError | undefined
}

type Entry = {
  age: RunAge
  value: unknown
  valueRaw: number
  isDone: boolean
  error: SediError | undefined
  work: { share: number; readonly ended: Promise<unknown> } | undefined
}

export type AnalysesOptions = {
  readonly storeAddress: string
  /** Of each kind at work at once; the others wait in line. */
  readonly most: number
  readonly megabytes: number
  /** Who makes them; for tests. */
  readonly processes?: AnalysisProcesses | undefined
}

/** Answers kept; the oldest are forgotten. */
const kept = 40
/** A run that goes on is looked at anew when it has grown by a fifth: all in all that costs five times one look. */
const growth = 1.2

export function createAnalyses({ storeAddress, most, megabytes, processes = createAnalysisProcesses(storeAddress, megabytes) }: AnalysesOptions): Analyses {
  const entries = new Map<string, Entry>()
  const lanes = new Map<AnalysisName, Lane>()

  /** Each kind has a lane of its own: who waits for a comparison does not wait for a replay of a million texts. */
  function laneOf(analysis: AnalysisName): Lane {
    const lane = lanes.get(analysis) ?? createLane(most)
    lanes.set(analysis, lane)
    return lane
  }

  function entryOf(key: string, age: RunAge): Entry {
    const known = entries.get(key)
    const entry = known?.age.born === age.born ? known : { age, value: undefined, valueRaw: 0, isDone: false, error: undefined, work: undefined }
    entries.delete(key)
    entries.set(key, entry)
    for (const [oldest, old] of entries) {
      if (entries.size <= kept) break
      if (old.work === undefined) entries.delete(oldest)
    }
    return entry
  }

  function begin<N extends AnalysisName>(entry: Entry, analysis: N, ask: AnalysisKinds[N]['ask'], age: RunAge): void {
    entry.age = age
    const onProgress = (share: number, value: unknown): void => {
      if (entry.work !== undefined) entry.work.share = share
      if (value === undefined || entry.isDone) return
      entry.value = value
      entry.valueRaw = age.raw
    }
    const ended = laneOf(analysis)(() => processes.make(analysis, ask, onProgress)).then(
      (value) => {
        Object.assign(entry, { value, valueRaw: age.raw, isDone: true, work: undefined })
        return value
      },
      (thrown: unknown) => {
        Object.assign(entry, { error: toSediError(thrown), work: undefined })
        throw thrown
      },
    )
    ended.catch(() => {}) // told to whoever looks next
    entry.work = { share: 0, ended }
  }

  const isDue = ({ isDone, valueRaw }: Entry, { raw, isOver }: RunAge): boolean => !isDone || (raw > valueRaw && (isOver || raw > growth * valueRaw))

  return {
    look<N extends AnalysisName>(analysis: N, ask: AnalysisKinds[N]['ask'], age: RunAge): Looked<AnalysisKinds[N]['answer']> {
      const entry = entryOf(`${analysis} ${JSON.stringify(ask)}`, age)
      const { error } = entry
      entry.error = undefined
      if (error === undefined && entry.work === undefined && isDue(entry, age)) begin(entry, analysis, ask, age)
      const state = entry.isDone || error !== undefined ? 'ready' : 'computing'
      const progress = state === 'ready' ? 1 : (entry.work?.share ?? 0)
      return { state, progress, value: entry.value as AnalysisKinds[N]['answer'] | undefined, asOfRaw: entry.valueRaw, error }
    },
    async wait(analysis, ask, ages) {
      const age = { born: ages.map(({ born, digest }) => `${born} ${digest}`).join(' '), digest: '', raw: 0, isOver: true }
      const entry = entryOf(`${analysis} ${JSON.stringify(ask)}`, age)
      entry.error = undefined
      if (entry.isDone) return entry.value as never
      if (entry.work === undefined) begin(entry, analysis, ask, age)
      return (await entry.work!.ended) as never
    },
    close: processes.close,
  }
}

type Lane = <T>(work: () => Promise<T>) => Promise<T>

/** Who may wait; more is refused. */
const longestLine = 50

function createLane(most: number): Lane {
  const line: (() => void)[] = []
  let atWork = 0
  return async (work) => {
    if (line.length >= longestLine) throw new SediError('rate-limited', `${longestLine} others wait for this already. Ask again in a minute.`)
    if (atWork >= most) await new Promise<void>((resolve) => line.push(resolve))
    else atWork++
    try {
      return await work()
    } finally {
      const next = line.shift()
      if (next === undefined) atWork--
      else next()
    }
  }
}
