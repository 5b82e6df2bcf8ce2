import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { SediError } from '@sedi/spec'
import type { SetUpOptions } from '../define-trainer.ts'
import { makeFolder, readIfPresent, writeFileAtomically } from '../storage.ts'
import { environmentFolder, interpreterIn, packageFolder } from './environment.ts'

/**
 * Makes the Python environment that `trainer: python` runs in: a virtual environment with exactly the locked packages, compared by hash.
 * With `uv` on the path it is made by it, else by pip. Does nothing when it is there already. Several gigabytes (PyTorch).
 *
 * Returns its interpreter. Throws `missing-dependency` with the end of what was printed when something cannot be installed.
 */
export function setUpPython({ qlora = false, ...options }: SetUpOptions): Promise<string> {
  const lock = join(packageFolder, 'requirements.lock')
  return makeEnvironment({ ...options, folder: environmentFolder(), lock, extra: qlora ? ['bitsandbytes>=0.45'] : [] })
}

export type EnvironmentOptions = Pick<SetUpOptions, 'python' | 'onOutput'> & {
  readonly folder: string
  /** Packages with their hashes, as pip reads them. */
  readonly lock: string
  /** Packages beside the locked ones. */
  readonly extra?: readonly string[]
}

/** A virtual environment with locked packages, as `setUpPython` describes. */
export async function makeEnvironment({ python = 'python3', folder, lock, extra = [], onOutput }: EnvironmentOptions): Promise<string> {
  const wanted = createHash('sha256')
    .update(readFileSync(lock))
    .update(extra.length === 0 ? 'false' : extra.join(' '))
    .digest('hex')
  const marker = join(folder, 'sedi-lock')
  const interpreter = interpreterIn(folder)
  if (existsSync(interpreter) && readIfPresent(marker)?.toString() === wanted) {
    onOutput(`${folder} is up to date.`)
    return interpreter
  }
  makeFolder(folder)
  const run = (command: string, ...parameters: string[]): Promise<void> => printing(command, parameters, onOutput)
  if (await answers('uv', '--version')) {
    await run('uv', 'venv', '--allow-existing', '--python', python, folder)
    await run('uv', 'pip', 'install', '--python', interpreter, '--require-hashes', '-r', lock)
    if (extra.length > 0) await run('uv', 'pip', 'install', '--python', interpreter, ...extra)
  } else {
    await run(python, '-m', 'venv', folder)
    await run(interpreter, '-m', 'pip', 'install', '--disable-pip-version-check', '--require-hashes', '-r', lock)
    if (extra.length > 0) await run(interpreter, '-m', 'pip', 'install', '--disable-pip-version-check', ...extra)
  }
  writeFileAtomically(marker, wanted)
  return interpreter
}

const keptLines = 15

function printing(command: string, parameters: readonly string[], onOutput: (line: string) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    const last: string[] = []
    const child = spawn(command, parameters, { stdio: ['ignore', 'pipe', 'pipe'] })
    for (const stream of [child.stdout, child.stderr]) {
      createInterface({ input: stream }).on('line', (line) => {
        last.push(line)
        if (last.length > keptLines) last.shift()
        onOutput(line)
      })
    }
    child.once('error', (cause) =>
      reject(new SediError('missing-dependency', `${command} cannot be started: ${cause.message}. Python 3.10 or newer is needed.`, { cause })),
    )
    child.once('close', (code) => {
      if (code === 0) resolve()
      else reject(new SediError('missing-dependency', `“${command} ${parameters.join(' ')}” failed (exit code ${code}). It said last:\n${last.join('\n')}`))
    })
  })
}

const answers = (command: string, ...parameters: string[]): Promise<boolean> =>
  new Promise((resolve) => {
    const child = spawn(command, parameters, { stdio: 'ignore' })
    child.once('error', () => resolve(false))
    child.once('close', (code) => resolve(code === 0))
  })
