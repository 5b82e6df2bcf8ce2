// Finds Chromium for the tests that look at the dashboard, or has Debian's package manager install it: prints where it is.
//   node tooling/set-up-chromium.mjs
// That of the machine wins (SEDI_CHROMIUM, PATH); else apt-get is asked where there is one and it may be used. Nothing else is fetched: a browser
// is larger than everything SeDi needs. No dependencies; plain JavaScript that Node 20 understands.
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import { pathToFileURL } from 'node:url'

const names = ['chromium', 'chromium-browser', 'google-chrome']

/** What the tests read: where Chromium is, or why there is none, with which they are skipped. */
export function findChromium() {
  const found = inPlace() ?? (installWithApt() ? inPlace() : undefined)
  if (found !== undefined) return { SEDI_CHROMIUM: found }
  const problem = 'Chromium is not installed and could not be: install it (Debian, as root: apt-get install chromium), or name one in SEDI_CHROMIUM'
  process.stderr.write(`${problem}. The tests of the dashboard are skipped.\n`)
  return { SEDI_CHROMIUM_PROBLEM: problem }
}

function inPlace() {
  const named = process.env.SEDI_CHROMIUM
  if (named !== undefined && named !== '') return named
  const folders = process.env.PATH.split(delimiter)
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find((path) => existsSync(path))
}

function installWithApt() {
  if (process.platform !== 'linux' || process.getuid() !== 0 || spawnSync('apt-get', ['--version']).status !== 0) return false
  process.stderr.write('Chromium is not installed; asking apt-get for it…\n')
  const apt = (...args) =>
    spawnSync('apt-get', [...args], { stdio: ['ignore', 2, 2], timeout: 600_000, env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status === 0
  const install = () => apt('install', '--yes', '--no-install-recommends', 'chromium')
  return install() || (apt('update') && install())
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) process.stdout.write(`${findChromium().SEDI_CHROMIUM ?? ''}\n`)
