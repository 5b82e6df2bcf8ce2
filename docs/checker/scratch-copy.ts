import { cpSync, existsSync, mkdirSync, readdirSync, readlinkSync, realpathSync, statSync, symlinkSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'

const copied = ['packages', 'apps', 'tooling', 'docs', 'package.json', 'tsconfig.base.json', 'tsconfig.build.json', 'vitest.config.ts', 'pnpm-workspace.yaml']
const skipped = /(^|\/)(node_modules|dist|\.turbo|\.blocks|cache|assets|dashboard|reproduction)(\/|$)/

/**
 * A copy of the repository for pages that add files to it: sources are copied, installed packages are linked, and links between our own packages point into the copy.
 */
export function copyRepository(root: string, target: string): void {
  mkdirSync(target, { recursive: true })
  for (const name of copied) {
    const from = join(root, name)
    if (existsSync(from))
      cpSync(from, join(target, name), {
        recursive: true,
        filter: (path) => !skipped.test(relative(root, path)) || path.endsWith('/kit/assets') || path.includes('/kit/assets/'),
      })
  }
  for (const folder of ['.', ...['packages', 'apps'].flatMap((group) => readdirSync(join(root, group)).map((name) => join(group, name))), 'docs'])
    linkModules(join(root, folder, 'node_modules'), join(target, folder, 'node_modules'), root, target)
}

function linkModules(from: string, to: string, root: string, target: string): void {
  if (!existsSync(from) || !statSync(from).isDirectory()) return
  mkdirSync(to, { recursive: true })
  for (const name of readdirSync(from)) {
    if (name.startsWith('@')) {
      linkModules(join(from, name), join(to, name), root, target)
      continue
    }
    const real = realpathSync(join(from, name))
    const inside = relative(root, real)
    const ours = /^(packages|apps)\/[^/]+$/.test(inside.replaceAll('\\', '/'))
    symlinkSync(ours ? join(target, inside) : isLink(join(from, name)) ? real : join(from, name), join(to, name))
  }
}

function isLink(path: string): boolean {
  try {
    return readlinkSync(path) !== '' && dirname(path) !== ''
  } catch {
    return false
  }
}
