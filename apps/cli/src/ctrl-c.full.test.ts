import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { type FakeProvider, type Plan, readBook, startFakeProvider } from '@sedi/testing'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { type InTerminal, inTerminal, terminalProblem } from './fixtures/terminal.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const problem = terminalProblem()

let folder: string
let provider: FakeProvider | undefined
beforeEach(() => {
  folder = testFolder()
})
afterEach(async () => {
  await provider?.close()
  provider = undefined
})

const book = () => readBook(join(folder, 'book.jsonl'))

/** `npm run --silent sedi -- run …`, typed in a terminal; resolves when the provider has answered so often. */
async function runInTerminal(provided: { readonly scenario?: readonly Plan[]; readonly latencyMs?: number }, answers: number): Promise<InTerminal> {
  provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl'), ...provided })
  const config = writeConfig(folder, { generator: teacherAt(provider.url), limits: { concurrency: 1 } })
  const { OPENAI_API_KEY: _, INIT_CWD: __, ...env } = process.env
  const terminal = inTerminal(`npm run --silent sedi -- run ${config}`, { cwd: root, env })
  await terminal.shows('Run ')
  while (book().entries.filter(({ charged }) => charged).length < answers) await wait(30)
  return terminal
}

async function resumed(): Promise<Record<string, unknown>> {
  const [name] = readdirSync(join(folder, 'runs'))
  return JSON.parse((await sedi(['resume', name!, '--json'], { cwd: folder })).stdout)
}

describe.skipIf(problem !== undefined)(`Ctrl-C in a terminal, through npm and the toolchain${problem === undefined ? '' : ` (${problem})`}`, () => {
  it('once: the call in flight is finished, exit 3, resumable; the copies of the signal that wrappers pass on do not count', async () => {
    const terminal = await runInTerminal({ latencyMs: 1500 }, 2)
    terminal.ctrlC()
    await terminal.shows('Press Ctrl-C again')
    expect([await terminal.finished, terminal.screen()]).toEqual([3, expect.stringMatching(/Continue with: sedi resume /)])
    expect(terminal.screen().match(/Press Ctrl-C again/g)).toHaveLength(1)
    const { charged } = book().totals
    expect(charged).toBeLessThan(8)
    expect(await resumed()).toMatchObject({ state: 'done', calls: 8, uncertainAttempts: 0 })
    expect(book().totals).toMatchObject({ charged: 8, chargedAgain: 0 })
  })

  it('twice: it stops at once, exit 130; what was in flight is uncertain', async () => {
    const terminal = await runInTerminal({ scenario: ['normal', 'stall'] }, 1)
    while (book().totals.requests < 2) await wait(30)
    terminal.ctrlC()
    await terminal.shows('Press Ctrl-C again')
    await wait(600)
    expect(terminal.screen()).not.toContain('Stopped.')
    terminal.ctrlC()
    expect([await terminal.finished, terminal.screen()]).toEqual([130, expect.stringMatching(/Stopped\. Calls in flight/)])
    expect(await resumed()).toMatchObject({ state: 'done', calls: 8, uncertainAttempts: 1 })
  })
})
