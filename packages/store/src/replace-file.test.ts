import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, it } from 'vitest'
import { replaceFile } from './replace-file.ts'

const root = mkdtempSync(join(tmpdir(), 'sedi-replace-'))
afterAll(() => rmSync(root, { recursive: true, force: true }))

const folder = (): string => mkdtempSync(join(root, 'f-'))

it('appears when it is complete, with the permissions that were there; until then, and when abandoned, the old one stays', async () => {
  const path = join(folder(), 'rows.jsonl')
  writeFileSync(path, 'old')
  chmodSync(path, 0o640)
  for (const end of ['abandon', 'commit'] as const) {
    const file = replaceFile(path)
    writeFileSync(file.path, 'new')
    expect(readFileSync(path, 'utf8')).toBe('old')
    await file[end]()
    await file.abandon()
  }
  expect(readFileSync(path, 'utf8')).toBe('new')
  expect(statSync(path).mode & 0o777).toBe(0o640)
  expect(readdirSync(join(path, '..'))).toEqual(['rows.jsonl'])
})

it('does not touch a file of the user’s that only ends like an unfinished one', async () => {
  const path = join(folder(), 'rows.jsonl')
  writeFileSync(`${path}.part`, 'a download')
  const file = replaceFile(path)
  writeFileSync(file.path, 'new')
  await file.commit()
  expect(readFileSync(`${path}.part`, 'utf8')).toBe('a download')
})

it.skipIf(process.platform === 'win32')('goes where a link leads, also to what is not there yet', async () => {
  const [here, there] = [folder(), folder()]
  for (const begins of ['there', 'not yet']) {
    const [link, target] = [join(here, `${begins}.jsonl`), join(there, `${begins}.jsonl`)]
    if (begins === 'there') writeFileSync(target, 'old')
    symlinkSync(target, link)
    const file = replaceFile(link)
    writeFileSync(file.path, 'new')
    await file.commit()
    expect([begins, readFileSync(target, 'utf8'), readdirSync(there).every((name) => name.endsWith('.jsonl'))]).toEqual([begins, 'new', true])
  }
})

// Root may write anywhere.
it.skipIf(process.platform === 'win32' || process.getuid?.() === 0)('is written in place where no file can be made beside it', async () => {
  const closed = join(folder(), 'closed')
  mkdirSync(closed)
  const path = join(closed, 'rows.jsonl')
  writeFileSync(path, 'old')
  chmodSync(closed, 0o555)
  const file = replaceFile(path)
  writeFileSync(file.path, 'new')
  await file.commit()
  chmodSync(closed, 0o755)
  expect([readFileSync(path, 'utf8'), existsSync(`${path}.${process.pid}.part`)]).toEqual(['new', false])
})
