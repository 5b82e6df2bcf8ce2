import { createHash } from 'node:crypto'
import { cpSync, existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { packageFolder } from '../python-job/environment.ts'
import { trainingCommand } from '../python-job/processes.ts'
import { makeFolder, withStorage } from '../storage.ts'
import type { RayJobRequest } from './ray-api.ts'

/** What a job asks of the cluster. */
export type RayResources = {
  readonly cpus: number
  readonly gpus: number
  readonly memoryGb: number | undefined
  /** Custom resources by name. */
  readonly resources: Readonly<Record<string, number>>
}

export type RayEnvironment = {
  /** The interpreter as the nodes find it. */
  readonly python: string
  /** Whether Ray installs our locked packages for the job. */
  readonly install: boolean
  /** Further keys of Ray's `runtime_env`. */
  readonly runtimeEnv: Readonly<Record<string, unknown>>
}

export type RequestOptions = RayResources &
  RayEnvironment & {
    readonly id: string
    readonly jobName: string
    /** The job's folder, as the node sees it. */
    readonly folder: string
    /** What `shareTrainer` returned. */
    readonly trainer: SharedTrainer
  }

export type SharedTrainer = { readonly folder: string; readonly lock: string }

/**
 * Copies the Python package beside the jobs, so that nodes run this version of it whatever they have installed. Twenty small files, once for
 * each version; the folder is named by what is in it.
 */
export function shareTrainer(folder: string): SharedTrainer {
  const source = join(packageFolder, 'src', 'sedi_trainer')
  const lock = join(packageFolder, 'requirements.lock')
  const target = join(folder, `sedi-trainer-${hashOfFiles([...pythonFilesIn(source), lock]).slice(0, 12)}`)
  if (!existsSync(target)) {
    makeFolder(folder)
    withStorage(target, () => {
      const beside = `${target}.${process.pid}`
      rmSync(beside, { recursive: true, force: true })
      for (const file of pythonFilesIn(source)) cpSync(file, join(beside, file.slice(join(packageFolder, 'src').length)))
      cpSync(lock, join(beside, 'requirements.lock'))
      try {
        renameSync(beside, target)
      } catch (error) {
        rmSync(beside, { recursive: true, force: true })
        if (!existsSync(target)) throw error // else another process was faster
      }
    })
  }
  return { folder: target, lock: join(target, 'requirements.lock') }
}

const pythonFilesIn = (folder: string): string[] =>
  readdirSync(folder)
    .filter((name) => name.endsWith('.py'))
    .sort()
    .map((name) => join(folder, name))

function hashOfFiles(paths: readonly string[]): string {
  const hash = createHash('sha256')
  for (const path of paths) hash.update(readFileSync(path)).update('\0')
  return hash.digest('hex')
}

/** One process for each GPU. */
const processesFor = ({ gpus }: RayResources): number => Math.max(1, Math.floor(gpus))

export function requestFor(options: RequestOptions): RayJobRequest {
  const { id, jobName, folder, trainer, python, install, cpus, gpus, memoryGb, resources } = options
  const runtimeEnv = { ...options.runtimeEnv, ...(install ? { pip: [`-r ${trainer.lock}`] } : {}) }
  const words = [python, ...trainingCommand(folder, processesFor(options))]
  // Variables in the line and not in runtime_env: a job without one gets a worker that is already up, seconds sooner.
  const path = `PYTHONPATH=${quote(trainer.folder)}"\${PYTHONPATH:+:$PYTHONPATH}"`
  return {
    submission_id: id,
    entrypoint: `${path} TOKENIZERS_PARALLELISM=false PYTHONUNBUFFERED=1 exec ${words.map(quote).join(' ')}`,
    metadata: { sedi_job: jobName },
    ...(Object.keys(runtimeEnv).length === 0 ? {} : { runtime_env: runtimeEnv }),
    entrypoint_num_cpus: cpus,
    entrypoint_num_gpus: gpus,
    ...(memoryGb === undefined ? {} : { entrypoint_memory: Math.round(memoryGb * 1e9) }),
    ...(Object.keys(resources).length === 0 ? {} : { entrypoint_resources: resources }),
  }
}

/** One word for a POSIX shell, whatever is in it. */
const quote = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`)
