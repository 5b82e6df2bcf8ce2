import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { SediError } from '@sedi/spec'
import { afterAll, expect, it } from 'vitest'
import { openPythonModel } from './open-model.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-open-model-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** Stands in for the interpreter: notes its number, prints, and stays. */
function interpreter(name: string, prints: string): { readonly python: string; readonly pid: () => number | undefined } {
  const [python, note] = [join(folder, name), join(folder, `${name}.pid`)]
  writeFileSync(python, `#!/bin/sh\necho $$ > ${note}.new && mv ${note}.new ${note}\n${prints}\nexec sleep 600\n`)
  chmodSync(python, 0o755)
  return { python, pid: () => (existsSync(note) ? Number(readFileSync(note, 'utf8')) : undefined) }
}

const open = (python: string, signal?: AbortSignal) =>
  openPythonModel({ python, baseModel: 'base', model: undefined, modelId: 'base', chatTemplate: 'none', mayDownload: false }, { signal }).then(
    () => 'opened',
    (error: unknown) => (SediError.is(error) ? { code: error.code, message: error.message } : error),
  )

const isThere = (pid: number | undefined): boolean => {
  try {
    return process.kill(pid!, 0)
  } catch {
    return false
  }
}

it.each([
  ['words', 'echo "UserWarning: something \\"old\\""', '"UserWarning: something \\"old\\""'],
  ['another-value', 'echo 12', '"12"'],
])('ends a server whose first line is not its address (%s), and says the line', async (name, prints, quoted) => {
  const { python, pid } = interpreter(name, prints)
  expect(await open(python)).toEqual({ code: 'provider-response', message: expect.stringContaining(`got ${quoted}`) })
  expect([pid(), isThere(pid())]).toEqual([expect.any(Number), false])
})

it('ends a server that says why there is no model', async () => {
  const { python, pid } = interpreter('refusing', `echo '{"error":{"code":"not-found","message":"no such folder"}}'`)
  expect(await open(python)).toEqual({ code: 'invalid-input', message: expect.stringContaining('no such folder') })
  expect(isThere(pid())).toBe(false)
})

it('ends a server that is at loading when the caller leaves; starts none for a caller who has left', async () => {
  const { python, pid } = interpreter('loading', '')
  const leaving = new AbortController()
  const opening = open(python, leaving.signal)
  while (pid() === undefined) await wait(5)
  leaving.abort()
  expect(await opening).toMatchObject({ code: 'aborted' })
  expect(isThere(pid())).toBe(false)
  const never = interpreter('never', '')
  expect(await open(never.python, AbortSignal.abort())).toMatchObject({ code: 'aborted' })
  expect(never.pid()).toBeUndefined()
})

it('says what cannot be started', async () => {
  expect(await open(join(folder, 'nothing'))).toEqual({ code: 'missing-dependency', message: expect.stringContaining('Python cannot be started') })
})
