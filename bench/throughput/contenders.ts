import { spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { repository, workFolder } from '../similarity/paths.ts'

export type Started = {
  readonly processId: number
  readonly ended: Promise<number | null>
  /** What it wrote last, for when it fails. */
  readonly said: () => string
  stop(): void
}

export type Contender = {
  readonly name: string
  /** What it was told about the limit, for the table. */
  readonly told: string
  /** What the server answers: text without a task in it is work that all contenders do; tasks are parsed and filtered by SeDi as well. */
  readonly answers: 'plain' | 'tasks'
  /** Installs it, in an environment of its own. */
  prepare(): void
  start(url: string, requests: number, perMinute: number): Started
}

/** Versions are those of the day of the bench; distilabel imports `requests` without requiring it. */
const packages = { curator: ['bespokelabs-curator==0.1.31'], distilabel: ['distilabel[openai]==1.5.3', 'requests==2.34.2'] } as const
type Peer = keyof typeof packages

export const peerVersions = `${Object.values(packages)
  .map(([first]) => first.replace('==', ' '))
  .join(', ')}, each in a Python environment of its own`

export const contenders: readonly Contender[] = [
  own('SeDi', 'plain'),
  peer('curator', 'max_requests_per_minute'),
  peer('distilabel', 'nothing: it has no such setting'),
  own('SeDi, tasks', 'tasks'),
]

function own(name: string, answers: Contender['answers']): Contender {
  return {
    name,
    told: 'nothing: it reads the reply’s headers',
    answers,
    prepare() {},
    start: (url, requests) => startOwn(url, requests, { concurrency: 64 }),
  }
}

function peer(name: Peer, told: string): Contender {
  const folder = join(workFolder, `throughput-${name}`)
  const python = join(folder, 'bin', 'python')
  return {
    name,
    told,
    answers: 'plain',
    prepare() {
      const ready = join(folder, `.ready-${packages[name].join('-').replaceAll(/[^\w.]+/g, '-')}`)
      if (existsSync(ready)) return
      mkdirSync(workFolder, { recursive: true })
      for (const [command, args] of [
        ['python3', ['-m', 'venv', folder]],
        [python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...packages[name]]],
      ] as const) {
        if (spawnSync(command, args, { stdio: ['ignore', 'inherit', 'inherit'] }).status !== 0) throw new Error(`${command} ${args.join(' ')} failed.`)
      }
      writeFileSync(ready, '')
    },
    start: (url, requests, perMinute) => startProcess(python, [join(import.meta.dirname, 'peers', `${name}_client.py`), url, `${requests}`, `${perMinute}`]),
  }
}

/** The whole of `sedi run`: prompts, calls, the ledger on disk, parsing and filtering; no training. */
export function startOwn(url: string, requests: number, limits: Readonly<Record<string, unknown>>): Started {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-throughput-'))
  const seeds = Array.from({ length: 3 }, (_, i) => ({ instruction: `Name ${i + 3} animals that live in water.`, input: '', output: 'A carp and others.' }))
  writeFileSync(join(folder, 'seeds.jsonl'), seeds.map((seed) => JSON.stringify(seed)).join('\n'))
  const config = {
    recipe: 'alpaca',
    seeds: 'seeds.jsonl',
    generator: { id: 'openai', model: 'bench-model', baseUrl: url, maxOutputTokens: 256, price: { inputPerMTokUsd: 0.1, outputPerMTokUsd: 0.4 } },
    target: { calls: requests },
    rounds: 1,
    trainer: 'none',
    limits,
  }
  writeFileSync(join(folder, 'sedi.config.json'), JSON.stringify(config))
  const main = join(repository, 'apps', 'cli', 'src', 'main.ts')
  return startProcess(process.execPath, ['--conditions=@sedi/source', '--disable-warning=ExperimentalWarning', main, 'run', '--json'], folder)
}

function startProcess(command: string, args: readonly string[], cwd = mkdtempSync(join(tmpdir(), 'throughput-'))): Started {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let tail = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      tail = (tail + text).slice(-4000)
    })
  }
  const ended = new Promise<number | null>((resolve) => {
    child.on('close', resolve)
  })
  return {
    processId: child.pid!,
    ended,
    said: () => tail,
    // The whole group: peers start processes of their own.
    stop() {
      try {
        process.kill(-child.pid!, 'SIGKILL')
      } catch {
        // It has ended.
      }
    },
  }
}
