import { describe, expect, it } from 'vitest'
import { firstMinutes } from './fixtures/session/first-minutes.ts'
import { playSession } from './fixtures/session/play-session.ts'
import { sessionCast } from './fixtures/session/session-cast.ts'
import { framesOf, sessionSvg } from './fixtures/session/session-svg.ts'
import { terminalProblem } from './fixtures/terminal.ts'

const problem = terminalProblem()
const size = { columns: 108, rows: 40 }

describe.skipIf(problem !== undefined)(`the recorded first minutes${problem === undefined ? '' : ` (${problem})`}`, () => {
  it('every command works, one after the other, and nothing of this machine gets into the recording', async () => {
    const { output, steps } = await playSession(firstMinutes, size)
    expect(steps.map(({ code }) => code)).toEqual(firstMinutes.map(() => 0))
    const cast = sessionCast(output, size, 'test')
    expect(cast.split('\n')[0]).toBe('{"version":2,"width":108,"height":40,"title":"test","env":{"TERM":"xterm-256color"}}')
    const drawing = sessionSvg(await framesOf(output, size), size, output.at(-1)!.at)
    expect(drawing.length).toBeLessThan(300_000)
    for (const text of [cast, drawing]) {
      expect(text).toContain('sedi explain 2026-01-05-101500-sedi r0')
      expect(text).not.toMatch(/\/tmp\/|\/work\/|\/home\/|\/Users\/|\b20\d\d-\d\d-\d\d-\d{6}-(?!sedi)/)
    }
    expect(drawing).not.toMatch(/<script|href="(?!#)/)
  }, 600_000)
})
