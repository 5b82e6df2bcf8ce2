import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { Problem } from './blocks.ts'
import { slugOf } from './slug.ts'

/** Links and pictures of a page that lead to a file or heading of this repository which is not there. Addresses elsewhere are not asked. */
export function checkLinks(root: string, file: string, markdown: string): Problem[] {
  const prose = markdown
    .replace(/^( *)(`{3,})[\s\S]*?^\1\2$/gm, (block) => block.replace(/[^\n]/g, ' '))
    .replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length))
  const targets = [...prose.matchAll(/\]\(([^)\s]+)\)|(?:src|srcset|href)="([^"]+)"/g)]
  return targets.flatMap((found) => {
    const target = (found[1] ?? found[2])!
    if (/^[a-z]+:/i.test(target)) return []
    const [path = '', anchor] = target.split('#')
    const aim = path === '' ? join(root, file) : join(root, dirname(file), decodeURI(path))
    const line = prose.slice(0, found.index).split('\n').length
    if (path.startsWith('/') || !existsSync(aim))
      return [{ file, line, message: `a link to ${target}: there is no such file (paths are relative to the page)` }]
    if (anchor === undefined || !aim.endsWith('.md') || anchorsOf(aim).has(anchor)) return []
    return [{ file, line, message: `a link to ${target}: that page has no such heading; it has ${[...anchorsOf(aim)].join(', ')}` }]
  })
}

const known = new Map<string, ReadonlySet<string>>()

function anchorsOf(file: string): ReadonlySet<string> {
  const before = known.get(file)
  if (before !== undefined) return before
  const text = readFileSync(file, 'utf8').replace(/^( *)(`{3,})[\s\S]*?^\1\2$/gm, '')
  const counts = new Map<string, number>()
  const slugs = [...text.matchAll(/^#{1,6} (.+)$/gm)].map(([, heading]) => {
    const slug = slugOf(heading!.replace(/\[([^\]]*)\]\([^)]*\)/g, '$1').replaceAll('`', ''))
    const count = counts.get(slug) ?? 0
    counts.set(slug, count + 1)
    return count === 0 ? slug : `${slug}-${count}`
  })
  const anchors = new Set(slugs)
  known.set(file, anchors)
  return anchors
}
