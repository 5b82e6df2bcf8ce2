import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { allowed, findViolations } from './check-boundaries.ts'

const root = fileURLToPath(new URL('..', import.meta.url))

describe('import directions', () => {
  it('are kept everywhere', () => {
    expect(findViolations(root)).toEqual([])
  })

  it('allow no cycle', () => {
    const reaches = (from: string, to: string): boolean => allowed[from]!.some((next) => next === to || reaches(next, to))
    for (const name of Object.keys(allowed)) expect(reaches(name, name)).toBe(false)
  })
})

describe('findViolations', () => {
  let planted: string
  beforeEach(() => {
    planted = mkdtempSync(join(tmpdir(), 'sedi-boundaries-'))
    mkdirSync(join(planted, 'packages/core/src'), { recursive: true })
    cpSync(join(root, 'packages/core/package.json'), join(planted, 'packages/core/package.json'))
  })
  afterEach(() => rmSync(planted, { recursive: true, force: true }))

  it.each([
    ["import { z } from 'zod'", /imports zod, which its package.json does not declare/],
    ["import { SediError } from '@sedi/spec'", /imports @sedi\/spec/],
    ["export * from '@sedi/spec/src/errors.ts'", /reaches into/],
    ["const later = await import('@sedi/kit')", /imports @sedi\/kit/],
    ["import { x } from '../../spec/src/errors.ts'", /reaches out of its package/],
  ])('finds %s', (source, message) => {
    writeFileSync(join(planted, 'packages/core/src/bad.ts'), source)
    expect(findViolations(planted).map((violation) => violation.message)).toEqual(expect.arrayContaining([expect.stringMatching(message)]))
  })

  it.each([
    "import { rejectionReasons } from '@sedi/spec/api'",
    "import type { Fact } from '@sedi/spec'",
    "export * from '@sedi/spec/api'",
    "const later = await import('@sedi/spec/api')",
  ])('finds in the dashboard %s, and takes the types of the API', (source) => {
    mkdirSync(join(planted, 'apps/dashboard/src'), { recursive: true })
    cpSync(join(root, 'apps/dashboard/package.json'), join(planted, 'apps/dashboard/package.json'))
    writeFileSync(join(planted, 'apps/dashboard/src/page.tsx'), `import type { Overview } from '@sedi/spec/api'\n${source}\n`)
    expect(findViolations(planted)).toEqual([{ file: 'apps/dashboard/src/page.tsx', message: expect.stringMatching(/nothing of ours but/) }])
  })

  it('finds a dependency that the table does not allow', () => {
    writeFileSync(join(planted, 'packages/core/package.json'), JSON.stringify({ name: '@sedi/core', dependencies: { '@sedi/spec': '1', zod: '4' } }))
    expect(findViolations(planted).map((violation) => violation.message)).toEqual(['may not depend on @sedi/spec', 'may not depend on the outside library zod'])
  })
})
