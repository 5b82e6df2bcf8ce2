import { existsSync, globSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Plugin } from 'vite'

/** Licences that ask for no copy of their text. */
const asksForNothing = ['0BSD', 'CC0-1.0', 'MIT-0', 'Unlicense']

/** Writes the licence texts of all libraries that are in the pages' code beside it, as those licences ask. Fails where a library has none. */
export function thirdPartyLicences(): Plugin {
  return {
    name: 'third-party-licences',
    apply: 'build',
    generateBundle(_options, bundle) {
      const modules = Object.values(bundle).flatMap((file) => (file.type === 'chunk' ? file.moduleIds : []))
      const folders = new Set(modules.filter((id) => id.includes('/node_modules/')).map(packageFolder))
      const texts = [...folders].map(describe).sort()
      this.emitFile({ type: 'asset', fileName: 'third-party-licences.txt', source: `${texts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n` })
    },
  }
}

function packageFolder(moduleId: string): string {
  let folder = dirname(moduleId.replace(/^\0/, '').replace(/\?.*$/, ''))
  while (!existsSync(join(folder, 'package.json')) || readManifest(folder).version === undefined) folder = dirname(folder)
  return folder
}

function describe(folder: string): string {
  const { name, version, license } = readManifest(folder)
  const files = globSync(['{licen[cs]e,LICEN[CS]E,NOTICE,COPYING}{,.md,.txt}', 'licenses/*'], { cwd: folder }).sort()
  if (files.length === 0 && !asksForNothing.includes(license)) throw new Error(`${name} ${version} (${license}) has no licence text in ${folder} to ship`)
  return [`${name} ${version} (${license})`, ...files.map((file) => readFileSync(join(folder, file), 'utf8').trim())].join('\n\n')
}

function readManifest(folder: string): { readonly name: string; readonly version: string | undefined; readonly license: string } {
  return JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'))
}
