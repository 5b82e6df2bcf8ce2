import { dirname } from 'node:path'
import { type ConfigOptions, loadConfig } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { readEnvFile } from './env-file.ts'

/** A configuration a person named, with the keys of a `.env` beside it in the environment. */
export async function readConfig(options: ConfigOptions): Promise<ReturnType<typeof loadConfig>> {
  if (options.file !== undefined && /\.(jsonl|ndjson|parquet|csv)$/i.test(options.file))
    throw new SediError(
      'invalid-config',
      `${options.file} is a data file, and a configuration is expected. To make one with these as its seeds: sedi init --seeds ${options.file}`,
    )
  const read = loadConfig(options)
  await readEnvFile(dirname(read.path))
  return read
}
