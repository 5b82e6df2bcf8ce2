import { mkdirSync, writeFileSync } from 'node:fs'
import { loadavg } from 'node:os'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { commit, machine } from '../similarity/environment.ts'
import { contenders, peerVersions, startOwn } from './contenders.ts'
import { measureRate, type Rate } from './measure-rate.ts'
import { usageOf } from './process-tree.ts'
import { startServer } from './server.ts'

const usage = `npm run bench -- throughput [options]     (Linux; fetches the peers with pip on first use)
  --who a|b          of ${contenders.map(({ name }) => name).join(' | ')}, with | between them; default: all
  --minutes 5        how long each is measured; the first minute is not counted
  --per-minute 3000  the server's limit
  --repeats 1        runs of each, in turns
  --memory 1K,10K,100K   requests of SeDi with the limit off; none: skip
  --out FILE         write the report there as well`

/** Prints a report in Markdown. The order of contenders changes with each repeat. */
export async function runThroughput(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      who: { type: 'string', default: contenders.map(({ name }) => name).join('|') },
      minutes: { type: 'string', default: '5' },
      'per-minute': { type: 'string', default: '3000' },
      repeats: { type: 'string', default: '1' },
      memory: { type: 'string', default: '1K,10K,100K' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const wanted = values.who.split('|')
  const chosen = contenders.filter(({ name }) => wanted.includes(name))
  for (const { prepare } of chosen) prepare()
  const options = { minutes: Number(values.minutes), perMinute: Number(values['per-minute']) }
  const loadBefore = loadavg()[0]!
  const rates = new Map<string, Rate[]>(chosen.map(({ name }) => [name, []]))
  for (let repeat = 0; repeat < Number(values.repeats); repeat++) {
    for (let i = 0; i < chosen.length; i++) {
      const contender = chosen[(i + repeat) % chosen.length]!
      console.error(`${contender.name}, run ${repeat + 1}…`)
      rates.get(contender.name)!.push(await measureRate(contender, options))
    }
  }
  const sizes = values.memory === 'none' ? [] : values.memory.split(',')
  const memory: string[] = []
  for (const size of sizes) memory.push(await measureMemory(size))
  const report = [
    `# Throughput bench, ${new Date().toISOString().slice(0, 10)}`,
    '',
    `Commit ${commit()}. ${machine()}; ${loadBefore.toFixed(1)} before it began. Node ${process.version}, ${peerVersions}.`,
    `Command: \`npm run bench -- throughput ${args.join(' ')}\``,
    '',
    ...(chosen.length === 0 ? [] : rateTable(rates, options)),
    ...(memory.length === 0 ? [] : memoryTable(memory)),
  ].join('\n')
  console.log(report)
  if (values.out === undefined) return
  mkdirSync(dirname(values.out), { recursive: true })
  writeFileSync(values.out, `${report}\n`)
}

function rateTable(rates: ReadonlyMap<string, readonly Rate[]>, { minutes, perMinute }: { readonly minutes: number; readonly perMinute: number }): string[] {
  const spread = (values: readonly number[], digits: number): string => {
    const [low, high] = [Math.min(...values).toFixed(digits), Math.max(...values).toFixed(digits)]
    return low === high ? low : `${low} to ${high}`
  }
  const rows = [...rates].map(([name, runs]) => {
    const of = (pick: (rate: Rate) => number, digits: number): string => spread(runs.map(pick), digits)
    const told = contenders.find((one) => one.name === name)!.told
    return `| ${name} | ${told} | ${of((one) => one.admittedPerMinute, 0)} | ${of((one) => (100 * one.admittedPerMinute) / perMinute, 1)} % | ${of((one) => 100 * one.refusedShare, 2)} % | ${of((one) => one.cpuMsPerRequest, 2)} ms | ${of((one) => one.memoryMiB, 0)} MiB |`
  })
  return [
    `## ${perMinute} requests a minute, in minutes 2 to ${minutes}`,
    '',
    `One loopback server for each run, new: an answer after 300 ms, at most ${perMinute} requests in any 60 seconds, a burst of 2 seconds’ worth (a bucket that fills evenly); what is refused gets Retry-After and does not count. One contender at a time. Answers are plain text of 32 words; each contender asks, waits and keeps what comes: SeDi with all of \`sedi run\` around it (every attempt and answer on disk before it goes on), the peers with a step of text generation. “SeDi, tasks” gets tasks instead, which it parses and filters as well; the peers have no like of it.`,
    '',
    '| | told of the limit | admitted per minute | of the limit | refused (429) of all sent | CPU per answer | memory |',
    '| --- | --- | ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
    'CPU: user and system time of the process and all it started, over the same minutes, by what was admitted in them. Memory: resident, at the end.',
    '',
  ]
}

/** One run of SeDi without a limit: answers that repeat each other, so that no pool grows and what grows is what calls leave behind. */
async function measureMemory(size: string): Promise<string> {
  const requests = Number(size.replace('K', '')) * (size.endsWith('K') ? 1000 : 1)
  console.error(`limit off, ${size} requests…`)
  const server = await startServer({ latencyMs: 300, perMinute: 0, burstSeconds: 0, answers: 'same' })
  const own = startOwn(server.url, requests, { concurrency: 512, adaptive: false })
  const began = performance.now()
  let [peak, last] = [0, { cpuSeconds: 0, memoryMiB: 0 }]
  let running = true
  void own.ended.then(() => {
    running = false
  })
  const samples: number[] = []
  while (running) {
    await wait(250)
    const now = usageOf(own.processId)
    if (now.memoryMiB === 0) continue
    last = now
    samples.push(now.memoryMiB)
    peak = Math.max(peak, now.memoryMiB)
  }
  const seconds = (performance.now() - began) / 1000
  server.stop()
  if ((await own.ended) !== 0) throw new Error(`SeDi failed: ${own.said()}`)
  const settled = samples.slice(Math.floor(samples.length / 2)).sort((a, b) => a - b)
  const median = settled[Math.floor(settled.length / 2)] ?? 0
  return `| ${size} | ${(requests / seconds).toFixed(0)} | ${((1000 * last.cpuSeconds) / requests).toFixed(2)} ms | ${median.toFixed(0)} MiB | ${peak.toFixed(0)} MiB |`
}

function memoryTable(rows: readonly string[]): string[] {
  return [
    '## SeDi with the limit off, 512 calls in flight',
    '',
    'The same server without a limit, answers that all say the same, so that the pool stays small: what grows is what calls leave behind. Start-up included.',
    '',
    '| requests | per second | CPU per answer | memory, second half (median) | memory, peak |',
    '| ---: | ---: | ---: | ---: | ---: |',
    ...rows,
    '',
  ]
}
