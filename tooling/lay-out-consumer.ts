// A project as somebody has it who installed our tarballs, laid out without npm: the tarballs unpacked, outside packages linked.
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { type Packed, root } from './publishable.ts'
import { runtimeClosure } from './runtime-closure.ts'

/** Our packages and what npm would bring with them; `extra` are linked besides, and optional peers are missing as they would be. */
export function layOutConsumer(folder: string, packed: readonly Packed[], extra: readonly string[] = []): void {
  rmSync(folder, { recursive: true, force: true })
  mkdirSync(folder, { recursive: true })
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true, type: 'module' }))
  for (const { manifest, tarball } of packed) unpack(tarball, join(folder, 'node_modules', manifest.name))
  for (const { folder: source } of packed) {
    for (const { name, folder: target } of runtimeClosure(join(root, source))) if (!name.startsWith('@sedi/')) link(folder, name, target)
  }
  for (const name of extra) link(folder, name, join(root, 'node_modules', name))
}

export function unpack(tarball: string, into: string): void {
  mkdirSync(into, { recursive: true })
  execFileSync('tar', ['-xzf', tarball, '-C', into, '--strip-components=1'])
}

function link(folder: string, name: string, target: string): void {
  const path = join(folder, 'node_modules', name)
  if (existsSync(path)) return
  mkdirSync(dirname(path), { recursive: true })
  symlinkSync(target, path, 'junction')
}
