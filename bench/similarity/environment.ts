import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'
import { join } from 'node:path'
import { repository, workFolder } from './paths.ts'

const pythonPackages = { rapidfuzz: '3.14.6', rouge_score: '0.1.2', datasketch: '2.0.0', numpy: '2.4.6' } as const
const jsRouge = '3.2.0'

/** The Python of a virtual environment with the peers in it; made on first use (needs python3 and pip's index). */
export function preparePython(): string {
  const folder = join(workFolder, 'python')
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python')
  const wanted = Object.entries(pythonPackages).map(([name, version]) => `${name}==${version}`)
  once(join(folder, '.ready'), wanted.join(' '), () => {
    mkdirSync(workFolder, { recursive: true })
    runOrThrow('python3', ['-m', 'venv', folder])
    runOrThrow(python, ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', ...wanted])
  })
  return python
}

/** A folder whose node_modules has js-rouge; made on first use (needs npm). */
export function prepareJsRouge(): string {
  const folder = join(workFolder, 'js-rouge')
  once(join(folder, '.ready'), jsRouge, () => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, 'package.json'), '{ "private": true }\n')
    runOrThrow('npm', ['install', '--silent', '--ignore-scripts', '--prefix', folder, `js-rouge@${jsRouge}`])
  })
  return folder
}

export function versions(): string {
  const python = spawnSync(preparePython(), ['--version'], { encoding: 'utf8' }).stdout.trim()
  const peers = Object.entries(pythonPackages).map(([name, version]) => `${name} ${version}`)
  return [`Node ${process.version}`, python, ...peers, `js-rouge ${jsRouge}`].join(', ')
}

export function machine(): string {
  const memory = Math.round(totalmem() / 2 ** 30)
  return `${cpus()[0]?.model.trim() ?? 'unknown CPU'}, ${availableParallelism()} cores, ${memory} GiB, ${process.platform} ${release()}, load ${loadavg()[1]!.toFixed(1)} when finished`
}

/** The commit, and whether what was measured has been changed since. */
export function commit(...measured: readonly string[]): string {
  const folders = measured.length > 0 ? measured : ['packages/core', 'bench']
  const git = (...args: string[]): string => spawnSync('git', args, { cwd: repository, encoding: 'utf8' }).stdout.trim()
  return git('rev-parse', '--short', 'HEAD') + (git('status', '--porcelain', '--', ...folders) === '' ? '' : ' + uncommitted changes')
}

function once(marker: string, version: string, make: () => void): void {
  const file = `${marker}-${version.replaceAll(/[^\w.]+/g, '-')}`
  if (existsSync(file)) return
  make()
  writeFileSync(file, '')
}

function runOrThrow(command: string, args: readonly string[]): void {
  const done = spawnSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'inherit', 'inherit'], shell: process.platform === 'win32' })
  if (done.status !== 0) throw new Error(`${command} ${args.join(' ')} failed (exit ${done.status}).`)
}
