import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { explain, reportRun } from '@sedi/kit'
import type { Ledger, RunFact } from '@sedi/spec'
import { createSqliteStore } from '@sedi/store'
import { answerOf, attemptOf, beginning, callIdOf, callsPerRound, itemsOf, itemsPerCall, trainingOf } from './facts.ts'

/** Facts of one call: attempt, outcome, call, items, yield. */
const factsPerCall = 4 + itemsPerCall
/** Calls recorded in one append while filling. */
const callsPerAppend = 50

const runFact: RunFact = {
  kind: 'run',
  runId: 'bench',
  config: { recipe: 'sedi', rounds: 1000, trainer: { id: 'none' }, generator: {}, budget: {}, verifier: null, evaluation: {} },
  fingerprint: '0'.repeat(64),
  softwareVersion: 'bench',
  createdAt: 1_700_000_000_000,
}

/** The ledger with many facts, and what it costs a run at 3,000 calls a minute. `--facts N` (default 10 million), `--folder DIR` to keep it. */
export default async function benchLedger(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { facts: { type: 'string', default: '10000000' }, folder: { type: 'string' } } })
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'sedi-bench-ledger-'))
  try {
    await measurePace(folder)
    await fill(folder, Math.ceil(Number(values.facts) / factsPerCall))
    await measureViews(folder)
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

const storeIn = (folder: string) => createSqliteStore({ folder, softwareVersion: 'bench' })
const say = (text: string): void => console.log(text)
const megabytes = (bytes: number): string => `${Math.round(bytes / 2 ** 20).toLocaleString('en')} MiB`

const callsPerMinute = 3000
const pacedCalls = 1000
const repetitions = 3

/** Calls at 3,000 a minute, each recorded as the loop does it, in turns with the same calls recorded nowhere: what the ledger adds to the wall time. */
async function measurePace(folder: string): Promise<void> {
  const ratios: number[] = []
  const waits: number[] = []
  for (let i = 0; i < repetitions; i++) {
    const run = await storeIn(folder).create({ ...runFact, runId: `pace-${i}` }, beginning)
    const budget = run.budget({ maxCostNanoUsd: 1e12 })
    const timed = async (work: Promise<unknown>): Promise<void> => {
      const before = performance.now()
      await work
      waits.push(performance.now() - before)
    }
    const recorded = await pace({
      reserve: (call) => timed(budget.reserve(attemptOf(call))),
      answer: (call) => timed(run.ledger.append(answerOf(call))),
      items: (call) => timed(run.ledger.append(itemsOf(call))),
    })
    await run.close()
    const nowhere = await pace({ reserve: async () => {}, answer: async (call) => void answerOf(call), items: async (call) => void itemsOf(call) })
    ratios.push(recorded.seconds / nowhere.seconds)
    say(`  with the ledger ${describePace(recorded)}; without ${describePace(nowhere)}`)
  }
  ratios.sort((a, b) => a - b)
  waits.sort((a, b) => a - b)
  const at = (share: number): string => waits[Math.floor(share * (waits.length - 1))]!.toFixed(2)
  const percent = (ratio: number): string => `${((ratio - 1) * 100).toFixed(2)} %`
  say(`${pacedCalls} calls at ${callsPerMinute} a minute, ${factsPerCall} facts and 3 commits each, ${repetitions} times in turns:`)
  say(`  the ledger adds ${percent(ratios[1]!)} to the wall time (median; ${percent(ratios[0]!)} to ${percent(ratios.at(-1)!)})`)
  say(`  until a commit was on disk: median ${at(0.5)} ms, 99 % within ${at(0.99)} ms, longest ${at(1)} ms`)
}

type Recording = Readonly<Record<'reserve' | 'answer' | 'items', (call: number) => Promise<void>>>
type Pace = { readonly seconds: number; readonly cpu: number }

/** Up to 16 calls in flight, 300 ms each, begun no faster than the rate. */
async function pace(recording: Recording): Promise<Pace> {
  const started = performance.now()
  const cpuBefore = process.cpuUsage()
  let next = 0
  const filtered: Promise<void>[] = [] // the loop filters beside the calls in flight
  const worker = async (): Promise<void> => {
    for (let call = next++; call < pacedCalls; call = next++) {
      await wait(Math.max(0, started + (call * 60_000) / callsPerMinute - performance.now()))
      await recording.reserve(call)
      await wait(300)
      await recording.answer(call)
      filtered.push(recording.items(call))
    }
  }
  await Promise.all(Array.from({ length: 16 }, worker))
  await Promise.all(filtered)
  const seconds = (performance.now() - started) / 1000
  const { user, system } = process.cpuUsage(cpuBefore)
  return { seconds, cpu: (user + system) / 1e6 / seconds }
}

const describePace = ({ seconds, cpu }: Pace): string => `${seconds.toFixed(2)} s, ${(cpu * 100).toFixed(1)} % of a core`

async function fill(folder: string, calls: number): Promise<void> {
  const run = await storeIn(folder).create(runFact, beginning)
  const started = performance.now()
  let lastReport = started
  for (let call = 0; call < calls; call += callsPerAppend) {
    const numbers = Array.from({ length: Math.min(callsPerAppend, calls - call) }, (_, i) => call + i)
    await run.ledger.append(numbers.flatMap((number) => [attemptOf(number), ...answerOf(number), ...itemsOf(number)]))
    const done = call + numbers.length
    if (done % callsPerRound === 0) await run.ledger.append(trainingOf(done / callsPerRound))
    if (performance.now() - lastReport < 15_000 && done < calls) continue
    lastReport = performance.now()
    const facts = done * factsPerCall
    const rate = facts / ((performance.now() - started) / 1000)
    say(`  ${facts.toLocaleString('en')} facts · ${Math.round(rate).toLocaleString('en')}/s · memory ${megabytes(process.memoryUsage().rss)}`)
  }
  await run.close()
  say(`filled: ${megabytes(statSync(join(folder, 'bench', 'ledger.db')).size)} on disk`)
}

async function measureViews(folder: string): Promise<void> {
  const store = storeIn(folder)
  const timed = async <Value>(name: string, work: () => Promise<Value>): Promise<Value> => {
    const before = performance.now()
    const value = await work()
    say(`  ${name.padEnd(44)} ${(performance.now() - before).toFixed(1)} ms`)
    return value
  }
  const ledger = await timed('open for reading', () => store.read('bench'))
  await timed('report (status)', () => reportRun(ledger))
  await timed('runs: the list', () => store.list())
  await timed('explain an instruction', () => explain(ledger, `${callIdOf(97)}-i0`))
  await timed('explain a call', () => explain(ledger, callIdOf(12_345 % callsPerRound)))
  await timed('explain a seed', () => explain(ledger, 'seed-7'))
  await timed('export: the first 1,000 kept', () => firstKept(ledger, 1000))
  await ledger.close()
  const main = new URL('../../apps/cli/src/main.ts', import.meta.url).pathname
  await timed('sedi status, the whole process', async () =>
    execFileSync(process.execPath, ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', main, 'status', join(folder, 'bench')]),
  )
  await timed('doctor: every fact compared', () => store.check('bench'))
}

async function firstKept(ledger: Ledger, count: number): Promise<void> {
  let seen = 0
  for await (const _ of ledger.scan('candidate', { verdict: 'kept' })) if (++seen >= count) return
}
