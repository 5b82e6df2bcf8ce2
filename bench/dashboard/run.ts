import { fork } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import autocannon from 'autocannon'
import { writeMadeUpRun } from './made-up-run.ts'
import { type ServerProcess, startServerProcess } from './server-process.ts'

const say = (text: string): void => console.log(text)

/**
 * The endpoints behind the dashboard's pages on a run of a million instructions; request rates beside a bare express handler; and what readers cost a run.
 * `--instructions N`, `--folder DIR` to keep the made-up run, `--seconds S` of each rate, `--part views,rates,readers`.
 */
export async function runDashboard(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({
    args: [...args],
    options: {
      instructions: { type: 'string', default: '1000000' },
      folder: { type: 'string' },
      seconds: { type: 'string', default: '10' },
      part: { type: 'string', default: 'views,rates,readers' },
    },
  })
  const folder = values.folder ?? mkdtempSync(join(tmpdir(), 'sedi-bench-dashboard-'))
  const parts = values.part.split(',')
  try {
    for (const [runId, instructions] of [
      ['million', Number(values.instructions)],
      ['small', 20_000],
    ] as const) {
      if (!existsSync(join(folder, runId)))
        await writeMadeUpRun(folder, { runId, instructions }, (written) => written % 100_000 === 0 && say(`  ${runId}: ${written}`))
    }
    if (parts.includes('views')) await measureViews(folder)
    if (parts.includes('rates')) await measureRates(folder, Number(values.seconds))
    if (parts.includes('readers')) await measureReaders(folder)
  } finally {
    if (values.folder === undefined) rmSync(folder, { recursive: true, force: true })
  }
}

const repetitions = 15

/** What pages ask, each first of a server that has just begun, then again and again. */
const views: readonly (readonly [name: string, path: string])[] = [
  ['the list of runs', '/v1/runs'],
  ['overview', '/v1/runs/million/overview'],
  ['rows: the first 100', '/v1/runs/million/rows'],
  ['rows: the last 100', '/v1/runs/million/rows?offset=999900'],
  ['rows: of one reason and round, in the middle', '/v1/runs/million/rows?reason=similar&round=7&offset=10000'],
  ['rows: a word in 0.5 %', '/v1/runs/million/rows?search=zoba'],
  ['rows: a text that is nowhere', '/v1/runs/million/rows?search=nowhere%20at%20all'],
  ['one instruction', '/v1/runs/million/instruction/r05-c0100-i03'],
  ['training, 2,000 of 5,000 steps', '/v1/runs/million/training'],
  ['lineage: the newest 500 seeds', '/v1/runs/million/lineage'],
  ['lineage of one seed', '/v1/runs/million/lineage?focus=seed-7'],
  ['map of 5,000 points', '/v1/runs/million/map'],
  ['thresholds, of the first 10,000', '/v1/runs/million/thresholds'],
  ['comparison with a run of 20,000', '/v1/compare?a=million&b=small'],
]

async function measureViews(folder: string): Promise<void> {
  say('| | first answer | complete after | again, median | main thread busy in one go |\n| --- | --- | --- | --- | --- |')
  for (const [name, path] of views) {
    const server = await startServerProcess('server', folder)
    await timed(server, '/v1/runs/small/rows?limit=1') // the thread that reads is there, as after any other page
    await server.busy()
    const first = await timed(server, path)
    const whole = await untilComplete(server, path, first)
    const again: number[] = []
    for (let i = 0; i < repetitions; i++) again.push((await timed(server, path)).ms)
    const { longestMs } = await server.busy()
    say(`| ${name} | ${first.ms.toFixed(0)} ms | ${whole} | ${median(again).toFixed(1)} ms | ${longestMs.toFixed(0)} ms |`)
    await server.close()
  }
}

type Timed = { readonly ms: number; readonly complete: boolean }

async function timed({ url }: ServerProcess, path: string): Promise<Timed> {
  const begun = performance.now()
  const response = await fetch(url + path)
  const answer = (await response.json()) as { readonly complete?: boolean; readonly state?: string; readonly thresholds?: readonly unknown[] }
  if (!response.ok) throw new Error(`${path}: ${JSON.stringify(answer)}`)
  return { ms: performance.now() - begun, complete: answer.complete !== false && (answer.state !== 'computing' || (answer.thresholds?.length ?? 0) > 0) }
}

async function untilComplete(server: ServerProcess, path: string, first: Timed): Promise<string> {
  const begun = performance.now()
  for (let last = first; !last.complete; last = await timed(server, path)) await wait(100)
  return first.complete ? 'at once' : `${((first.ms + performance.now() - begun) / 1000).toFixed(1)} s`
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)]!

const connections = 10

/** Requests a second and the slowest hundredth, in turns with a bare handler in one run. */
async function measureRates(folder: string, seconds: number): Promise<void> {
  const bare = await startServerProcess('bare')
  const server = await startServerProcess('server', folder)
  const paths = [
    '/healthz',
    '/v1/runs/small',
    '/v1/runs/million/overview',
    '/v1/runs/million/rows?offset=500000&limit=100',
    '/v1/runs/million/instruction/r05-c0100-i03',
  ]
  say(`\n${connections} connections, ${seconds} s each, in turns with the bare handler:`)
  say('| | requests a second | of the bare handler’s | 99 % within | of the bare handler’s |\n| --- | --- | --- | --- | --- |')
  for (const path of paths) {
    for (let i = 0; i < 40 && !(await timed(server, path)).complete; i++) await wait(200)
    const ours: Rate[] = []
    const theirs: Rate[] = []
    for (let i = 0; i < 3; i++) {
      theirs.push(await rateOf(`${bare.url}/healthz`, seconds / 3))
      ours.push(await rateOf(server.url + path, seconds / 3))
    }
    const ratios = (of: (rate: Rate) => number): number => median(ours.map((rate, i) => of(rate) / of(theirs[i]!)))
    say(
      `| ${path} | ${median(ours.map(({ perSecond }) => perSecond)).toFixed(0)} | ${ratios(({ perSecond }) => perSecond).toFixed(2)} | ${median(ours.map(({ p99Ms }) => p99Ms)).toFixed(0)} ms | ${ratios(({ p99Ms }) => p99Ms).toFixed(1)} |`,
    )
  }
  await bare.close()
  await server.close()
}

type Rate = { readonly perSecond: number; readonly p99Ms: number }

async function rateOf(url: string, seconds: number): Promise<Rate> {
  const { requests, latency, non2xx, errors } = await autocannon({ url, connections, duration: Math.max(1, Math.round(seconds)) })
  if (non2xx + errors > 0) throw new Error(`${url}: ${non2xx} answers that are no 200, ${errors} errors`)
  return { perSecond: requests.average, p99Ms: Math.max(1, latency.p99) }
}

const callsOfRun = 600
const pairs = 3

/** The same run with and without three readers that look at all of it every second or two, in turns. */
async function measureReaders(folder: string): Promise<void> {
  const server = await startServerProcess('server', folder)
  await timed(server, '/v1/runs/million/overview')
  const [alone, watched]: [Carried[], Carried[]] = [[], []]
  for (let i = 0; i < pairs; i++) {
    alone.push(await carryOn(folder, `alone-${process.pid}-${i}`))
    const name = `watched-${process.pid}-${i}`
    const running = carryOn(folder, name)
    const reading = new AbortController()
    const readers = Array.from({ length: 3 }, () => read(server, name, reading.signal))
    watched.push(await running)
    reading.abort()
    await Promise.all(readers)
  }
  await server.close()
  const ratios = watched.map(({ seconds }, i) => seconds / alone[i]!.seconds).toSorted((a, b) => a - b)
  const [low, middle, high] = ratios.map((ratio) => `${((ratio - 1) * 100).toFixed(1)} %`)
  say(
    `\n${callsOfRun} calls of 100 ms, 16 in flight, with 3 readers and without, ${pairs} times in turns: readers add ${middle} to the wall time (${low} to ${high})`,
  )
  say(`  alone ${alone.map(describe).join(', ')}; read ${watched.map(describe).join(', ')}`)
}

type Carried = { readonly seconds: number; readonly cpuSeconds: number }
const describe = ({ seconds, cpuSeconds }: Carried): string => `${seconds.toFixed(2)} s (${cpuSeconds.toFixed(2)} s of a processor)`

async function carryOn(folder: string, name: string): Promise<Carried> {
  const child = fork(new URL('./carry-on-run.ts', import.meta.url), [folder, name, String(callsOfRun)], {
    execArgv: ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning'],
  })
  const [carried] = (await once(child, 'message')) as [Carried]
  await once(child, 'exit')
  rmSync(join(folder, name), { recursive: true, force: true })
  return carried
}

/** As an open page does: the overview and rows once a second, other pages now and then, events all the time. */
async function read({ url }: ServerProcess, run: string, signal: AbortSignal): Promise<void> {
  const ask = async (path: string): Promise<void> => {
    const response = await fetch(`${url}/v1/runs/${run}/${path}`, { signal })
    await response.arrayBuffer()
  }
  const events = ask('events').catch(() => {})
  for (let i = 0; !signal.aborted; i++) {
    const others = ['lineage', 'map?points=500', 'thresholds', 'rows?search=write']
    await Promise.all([ask('overview'), ask('rows?limit=100'), ask(others[i % others.length]!), wait(1000)]).catch(() => wait(100))
  }
  await events
}
