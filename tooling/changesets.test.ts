import { execFileSync } from 'node:child_process'
import { cpSync, globSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { publishable, readManifest, root } from './publishable.ts'

it('the changesets that wait make one version of all packages, with a CHANGELOG each', () => {
  const copy = mkdtempSync(join(tmpdir(), 'sedi-changesets-'))
  try {
    const manifests = globSync('{.,packages/*,apps/*,bench,docs}/package.json', { cwd: root })
    for (const file of [...manifests, 'pnpm-workspace.yaml', 'pnpm-lock.yaml', '.changeset']) cpSync(join(root, file), join(copy, file), { recursive: true })
    const git = (...args: string[]): string =>
      execFileSync('git', ['-c', 'user.name=a', '-c', 'user.email=a@b.example', ...args], { cwd: copy, encoding: 'utf8' })
    git('init', '--quiet', '--initial-branch=main')
    git('add', '--all')
    git('commit', '--quiet', '--message=everything')
    execFileSync(join(root, 'node_modules/.bin/changeset'), ['version'], { cwd: copy, encoding: 'utf8', shell: process.platform === 'win32' })

    const waiting = globSync('.changeset/*.md', { cwd: root }).map((file) => readFileSync(join(root, file), 'utf8'))
    const versions = publishable().map(({ folder }) => readManifest(join(copy, folder, 'package.json')).version)
    expect(new Set(versions).size).toBe(1)
    if (waiting.length === 0) return
    expect(versions[0]).not.toBe(publishable()[0]!.manifest.version)
    for (const { folder } of publishable()) expect(readFileSync(join(copy, folder, 'CHANGELOG.md'), 'utf8')).toContain(`## ${versions[0]}`)
    const said = waiting.map((text) => text.split('---\n').at(-1)!.trim().split('\n')[0]!)
    const written = globSync('{packages,apps}/*/CHANGELOG.md', { cwd: copy })
      .map((file) => readFileSync(join(copy, file), 'utf8'))
      .join('')
    expect(said.filter((line) => !written.includes(line))).toEqual([])
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
})
