import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type FakeProvider, startFakeProvider } from '@sedi/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type EmulatedTerminal, emulatedTerminal } from './fixtures/emulated-terminal.ts'
import { sedi } from './fixtures/spawn-sedi.ts'
import { terminalProblem } from './fixtures/terminal.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const main = fileURLToPath(new URL('./main.ts', import.meta.url))
const problem = terminalProblem()

let folder: string
let provider: FakeProvider
beforeEach(async () => {
  folder = testFolder()
  provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), latencyMs: 600 })
})
afterEach(() => provider.close())

type Look = { readonly columns?: number; readonly calls?: number; readonly env?: NodeJS.ProcessEnv }

/** `sedi run` in a terminal; one call after the other, more than half a second each: a look at the screen takes a while too. */
function run({ columns = 80, calls = 8, env = {} }: Look = {}): EmulatedTerminal {
  writeConfig(folder, { generator: teacherAt(provider.url), target: { calls }, budget: { maxCostUsd: 5 }, limits: { concurrency: 1 } })
  // Node takes colours off where CI is set.
  const { NO_COLOR: _, FORCE_COLOR: __, CI: ___, ...own } = process.env
  return emulatedTerminal(`${process.execPath} --conditions=@sedi/source --disable-warning=ExperimentalWarning ${main} run`, {
    cwd: folder,
    env: { ...own, TERM: 'xterm-256color', OPENAI_API_KEY: 'no.key', ...env },
    columns,
    rows: 40,
  })
}

const times = (lines: readonly string[], like: RegExp): number => lines.filter((line) => like.test(line)).length

describe.skipIf(problem !== undefined)(`a run in a terminal${problem === undefined ? '' : ` (${problem})`}`, () => {
  it('shows plan and price, then one view in its place, and at the end what was made and where to look', async () => {
    const terminal = run({ calls: 12 })
    await terminal.shows(/round 2\/2 · generate/)
    const going = await terminal.lines()
    expect(going[0]).toBe('Plan · recipe sedi')
    expect(going).toContainEqual(expect.stringMatching(/^ {2}cost {10}at most \$\d/))
    const view = going.slice(going.findIndex((line) => line.startsWith('round ')))
    expect(view).toEqual([
      expect.stringMatching(/^round 2\/2 · generate \d\/6/),
      expect.stringMatching(/^[━]+ [━─]+ +\d+ %$/),
      expect.stringMatching(/^kept {4}\d+ of \d+ \(\d+ %\)/),
      expect.stringMatching(/^cost {4}\$0\.0\d+ of \$5\.00 budget · about \$0\.\d+ at the end · \$0\.0\d+ per kept$/),
      expect.stringMatching(/^calls {3}\d+ of 12( · \d+ a minute)?( · 1 in flight)?$/),
    ])
    expect(await terminal.cursor()).toEqual({ column: 0, line: going.length })
    expect(await terminal.finished).toBe(0)
    const done = await terminal.lines()
    const name = readdirSync(join(folder, 'runs')).find((one) => one.includes('sedi'))!
    expect(times(done, /^round |━/)).toBe(0)
    expect(done).toContainEqual(expect.stringMatching(/^Made \d+ instructions out of \d+ written/))
    expect(done).toContain(`  sedi export ${name} --out data.jsonl`)
    const look = done
      .find((line) => line.includes('sedi explain'))!
      .trim()
      .split(' ')
      .slice(2)
    expect((await sedi(['explain', ...look], { cwd: folder })).stdout).toContain(look[1])
    expect(await terminal.cursor()).toMatchObject({ column: 0 })
    // Never hidden, so that there is nothing to bring back.
    expect(terminal.written()).not.toContain('\u001b[?25l')
    expect(terminal.written()).toContain('\u001b[1m')
  })

  it('made narrower and wider in the middle, it stays one view without a line too many', async () => {
    const terminal = run({ calls: 24 })
    await terminal.shows(/calls {3}(?:[2-9]|1\d) of 24/)
    await terminal.resize({ columns: 40, rows: 30 })
    await terminal.shows(/calls {3}(?:[7-9]|[12]\d) of 24/)
    const narrow = await terminal.lines()
    expect([times(narrow, /^round /), times(narrow, /^kept /), times(narrow, /^cost /), times(narrow, /━/)]).toEqual([1, 1, 1, 1])
    expect(narrow.at(-1)).toMatch(/^calls /)
    expect(narrow.slice(narrow.findIndex((line) => line.startsWith('round '))).every((line) => line.length < 40)).toBe(true)
    await terminal.resize({ columns: 100, rows: 30 })
    await terminal.shows(/calls {3}(?:1[2-9]|2\d) of 24/)
    const wide = await terminal.lines()
    expect([times(wide, /^round /), times(wide, /^kept /), times(wide, /━/)]).toEqual([1, 1, 1])
    terminal.type('\x03')
    expect(await terminal.finished).toBe(3)
  })

  it('what is to be known scrolls above the view; at Ctrl-C the view makes room, and nothing of it is left', async () => {
    await provider.close()
    provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), latencyMs: 600, scenario: ['normal', '500', 'normal'] })
    const terminal = run({ columns: 40, calls: 12, env: { NO_COLOR: '1' } })
    await terminal.shows(/noticed 1 thing/)
    const going = await terminal.lines()
    const notice = going.findIndex((line) => line.includes('r01-c0001: '))
    expect(notice).toBeGreaterThan(0)
    expect(notice).toBeLessThan(going.findIndex((line) => line.startsWith('round ')))
    terminal.type('\x03')
    await terminal.shows('Press Ctrl-C again')
    expect(await terminal.finished).toBe(3)
    const lines = await terminal.lines()
    expect(times(lines, /^round |━|^calls {3}/)).toBe(0)
    expect(lines.join('')).toContain('Continue with: sedi resume ')
    expect(await terminal.cursor()).toEqual({ column: 0, line: lines.length })
    // biome-ignore lint/suspicious/noControlCharactersInRegex: a colour is one
    expect(terminal.written()).not.toMatch(/\u001b\[[\d;]*m/)
  })

  it('a terminal that can do nothing gets plain lines', async () => {
    const terminal = run({ calls: 2, env: { TERM: 'dumb' } })
    expect(await terminal.finished).toBe(0)
    expect(terminal.written()).not.toContain('\u001b')
    expect(terminal.written()).toMatch(/round \d\/2 · \w+/)
  })
})
