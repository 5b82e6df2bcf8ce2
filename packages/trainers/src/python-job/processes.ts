import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { hubKeyVariables, withoutKeys } from '@sedi/spec'
import { packageFolder } from './environment.ts'
import type { JobFiles } from './job-files.ts'

export type Launch = {
  readonly python: string
  /** Processes that share each batch; more than one are started by PyTorch’s launcher. */
  readonly processes: number
}

/**
 * Python's parameters for doing the job in a folder. Several processes are started by PyTorch's own launcher, which `accelerate launch` uses for
 * GPUs as well; on a CPU that one starts a single process and does not say so.
 */
export function trainingCommand(folder: string, processes: number): string[] {
  const own = ['-m', 'sedi_trainer', 'train', folder]
  return processes === 1 ? own : ['-m', 'torch.distributed.run', '--standalone', '--nproc_per_node', String(processes), ...own]
}

/** Starts the Python process of a job, its output into the job's log. */
export function startTraining({ python, processes }: Launch, files: JobFiles): ChildProcess {
  const output = openSync(files.output, 'a')
  try {
    return spawn(python, trainingCommand(files.folder, processes), { stdio: ['ignore', output, output], env: pythonEnvironment() })
  } finally {
    closeSync(output)
  }
}

/**
 * Ours, with the package in reach whether or not it is installed, and without the keys of other services than the hub that models come from; `keys`
 * names those to hand on all the same.
 */
export function pythonEnvironment(keys: readonly string[] = []): NodeJS.ProcessEnv {
  const path = [`${packageFolder}/src`, process.env.PYTHONPATH]
    .filter((part) => part !== undefined && part !== '')
    .join(process.platform === 'win32' ? ';' : ':')
  return { ...withoutKeys(process.env, [...hubKeyVariables, ...keys]), PYTHONPATH: path, TOKENIZERS_PARALLELISM: 'false', PYTHONUNBUFFERED: '1' }
}

/** Asks a process to end and makes sure that it does. */
export async function endProcess(child: ChildProcess, patienceMs = 5000): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), patienceMs)
  await ended
  clearTimeout(timer)
}
