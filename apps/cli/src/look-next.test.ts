import { join } from 'node:path'
import { Writable } from 'node:stream'
import type { HeldRun } from '@sedi/kit'
import { expect, it } from 'vitest'
import type { Cli } from './command.ts'
import { nextCommands } from './look-next.ts'

const cwd = join(import.meta.dirname, 'project')
const commandsFor = (folder: string, store: string, columns?: number): string[] => {
  const stderr = Object.assign(new Writable(), columns === undefined ? {} : { columns })
  const cli = { cwd, stdout: stderr, stderr, isTerminal: false, stop: new AbortController().signal } satisfies Cli
  return nextCommands(cli, { runId: 'r1', folder, config: { store } as HeldRun['config'] }, { id: 'r01-c0000-i03', why: 'why this was rejected' })
}

it('names a run so that the commands find it from here', () => {
  expect(commandsFor(join(cwd, 'runs', 'r1'), join(cwd, 'runs'))).toEqual([
    '  sedi report r1 --html report.html   the whole story on one page',
    '  sedi explain r1 r01-c0000-i03       why this was rejected',
    '  sedi export r1 --out data.jsonl     the instructions, for training',
    '  sedi serve                          all of it in the browser',
  ])
  expect(commandsFor(join(cwd, 'other', 'r1'), join(cwd, 'other'))[1]).toBe('  sedi explain r1 r01-c0000-i03 --store other       why this was rejected')
  const far = join(import.meta.dirname, 'elsewhere')
  expect(commandsFor(join(far, 'r1'), far)[3]).toContain(`  sedi serve --store ${far}`)
})

it('never shows the address of a database, which may have a password in it; on a narrow terminal the reason stands below', () => {
  const lines = commandsFor('/anywhere/r1', 'postgres://me:secret@host/db', 40)
  expect(lines.join('\n')).not.toContain('secret')
  expect(lines.slice(0, 2)).toEqual(['  sedi report r1 --html report.html --store postgres://…', '      the whole story on one page'])
})
