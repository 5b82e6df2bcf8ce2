import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { presets } from '@sedi/generators'
import { createWorld } from '@sedi/simulation'
import { SediError } from '@sedi/spec'
import { keyVariables } from '../credentials.ts'
import { isBuiltIn } from '../inputs/built-in-seeds.ts'
import { loadSeeds } from '../inputs/load-tasks.ts'
import { type ChosenSeeds, chooseSeeds } from './choose-seeds.ts'
import { configText, type ProjectChoices } from './config-text.ts'

export type WrittenFile = {
  /** Relative to the project’s folder. */
  readonly name: string
  readonly what: string
  /** False for a file that was there and stays as it is. */
  readonly written: boolean
}

export type LayOutOptions = {
  /** Replaces files that are there. @default false */
  readonly force?: boolean | undefined
}

export const projectConfigFile = 'sedi.config.yaml'
export const projectSeedsFile = 'seeds.jsonl'

/** The files of a project in a folder that are there already and would be replaced. */
export const projectFilesIn = (folder: string): readonly string[] => [projectConfigFile].filter((name) => existsSync(join(folder, name)))

/**
 * Writes a project: configuration, seeds, `.env.example`, and lines in `.gitignore`. Seeds that are there are used and left as they are, as is an
 * `.env.example`, unless `force`. Throws `invalid-config` when there is a configuration already and nothing may be
 * replaced, `invalid-input` or `not-found` for seeds that cannot be used, `storage`.
 */
export async function layOutProject(
  folder: string,
  choices: Omit<ProjectChoices, 'seeds'> & { readonly seeds?: string | undefined },
  { force = false }: LayOutOptions = {},
): Promise<readonly WrittenFile[]> {
  const taken = projectFilesIn(folder)
  if (taken.length > 0 && !force)
    throw new SediError(
      'invalid-config',
      `There is a ${taken.join(' and a ')} in ${folder} already, and nothing was written. Name another folder, or replace it with --force.`,
    )
  const config = configText({ ...choices, seeds: choices.seeds ?? `./${projectSeedsFile}` })
  const files: WrittenFile[] = []
  const put = (name: string, what: string, text: () => string): void => {
    const path = join(folder, name)
    const written = force || !existsSync(path)
    if (written) writeFileSync(path, text())
    files.push({ name, what: written ? what : 'was there, and stays as it is', written })
  }
  const own = choices.seeds ?? (!force && existsSync(join(folder, projectSeedsFile)) ? projectSeedsFile : undefined)
  // Seeds that cannot be used are said before anything is written.
  if (own !== undefined) await loadSeeds(isBuiltIn(own) ? own : resolve(folder, own))
  try {
    const seeds = choices.seeds === undefined ? await seedsFor(choices) : undefined
    mkdirSync(folder, { recursive: true })
    put(projectConfigFile, 'every key explained, other choices as comments', () => config)
    if (seeds !== undefined) {
      const rows = seeds.seeds.map(({ id, instruction, input, output }) => `${JSON.stringify({ id, instruction, input, output })}\n`)
      put(projectSeedsFile, `${rows.length}${rows.length === seeds.of ? '' : ` of ${seeds.of}`}: ${seeds.why}`, () => rows.join(''))
    }
    put('.env.example', 'the names of keys; copy it to .env and fill in yours', () => envExample(choices.teacher))
    files.push(ignoreSecrets(folder))
    return files
  } catch (error) {
    if (SediError.is(error)) throw error
    throw new SediError('storage', `Cannot write to ${folder}: ${(error as Error).message}.`, { cause: error })
  }
}

/** The simulated teacher knows nothing but its own world. */
async function seedsFor({
  teacher,
  purpose,
}: Pick<ProjectChoices, 'teacher' | 'purpose'>): Promise<
  Pick<ChosenSeeds, 'of' | 'why'> & { readonly seeds: readonly { id: string; instruction: string; input: string; output: string }[] }
> {
  if (teacher !== 'simulated') return chooseSeeds(purpose)
  const seeds = createWorld({ worldSeed: 1 }).seedTasks
  return { seeds, of: seeds.length, why: 'about the simulated teacher’s world' }
}

/** Names only: the teacher’s own first, the others as comments. */
function envExample(teacher: string): string {
  const own = Object.hasOwn(presets, teacher) ? presets[teacher as keyof typeof presets].key.env : undefined
  const titles = new Map<string, string[]>()
  for (const { key, title } of Object.values(presets)) titles.set(key.env, [...(titles.get(key.env) ?? []), title.replace(/[,;(].*$/, '').trim()])
  const others = keyVariables().filter((name) => name !== own)
  return [
    '# Copy this file to .env and fill in what you use. `sedi` reads keys from there when the environment does not have them; it reads nothing else from',
    '# it. Keep .env to yourself: .gitignore names it.',
    ...(own === undefined ? [] : [`${own}=`]),
    '',
    ...others.map((name) => `# ${name}=${titles.has(name) ? `   # ${titles.get(name)!.join(', ')}` : ''}`),
    '',
  ].join('\n')
}

const ignored = ['.env', 'runs/']

/** Adds what must not be committed to `.gitignore`; lines that are there stay. */
function ignoreSecrets(folder: string): WrittenFile {
  const path = join(folder, '.gitignore')
  const before = existsSync(path) ? readFileSync(path, 'utf8') : ''
  const lines = new Set(before.split(/\r?\n/).map((line) => line.trim()))
  const missing = ignored.filter((name) => !lines.has(name) && !lines.has(`/${name}`))
  if (missing.length === 0) return { name: '.gitignore', what: 'has all it needs', written: false }
  writeFileSync(path, `${before}${before === '' || before.endsWith('\n') ? '' : '\n'}${missing.join('\n')}\n`)
  return { name: '.gitignore', what: `${missing.join(' and ')} ${before === '' ? '' : 'added '}kept out of git`, written: true }
}
