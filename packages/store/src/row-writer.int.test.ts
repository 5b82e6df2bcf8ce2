import { execFileSync } from 'node:child_process'
import { chmodSync, existsSync, lstatSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { createRowWriter, withRowWriter } from './row-writer.ts'
import { writeRows } from './write-rows.ts'

let folder: string
let file: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sedi-row-writer-'))
  file = join(folder, 'rows.jsonl')
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

async function* rows(): AsyncGenerator<object> {
  yield { i: 1 }
}
const interrupted = new Error('the input broke off')

it('a file that was there stays until all rows are written; when not all come it stays for good', async () => {
  writeFileSync(file, 'yesterday')
  const writer = createRowWriter(file)
  await writer.write({ i: 1 })
  expect(readFileSync(file, 'utf8')).toBe('yesterday')
  await writer.close()
  await writer.abandon()
  expect(readFileSync(file, 'utf8')).toBe('{"i":1}\n')

  for (const path of [file, join(folder, 'new.jsonl')]) {
    const failing = withRowWriter(path, async (write) => {
      await write({ i: 2 })
      throw interrupted
    })
    await expect(failing).rejects.toBe(interrupted)
  }
  expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['{"i":1}\n', ['rows.jsonl']])
})

it('in place, rows are there as they come, and stay', async () => {
  writeFileSync(file, 'yesterday')
  const writer = createRowWriter(file, { inPlace: true })
  await writer.write({ i: 1 })
  await expect.poll(() => readFileSync(file, 'utf8')).toBe('{"i":1}\n')
  await writer.abandon()
  expect([readFileSync(file, 'utf8'), readdirSync(folder)]).toEqual(['{"i":1}\n', ['rows.jsonl']])
})

it('cannot be written: says so, and leaves nothing', async () => {
  const writer = createRowWriter(join(folder, 'no', 'such', 'folder.jsonl'))
  await expect(writer.close()).rejects.toMatchObject({ code: 'storage', message: expect.stringContaining('Cannot write') })
  await writer.abandon()
  await expect(withRowWriter(folder, (write) => write({}))).rejects.toMatchObject({ code: 'storage', message: expect.stringContaining('EISDIR') })
  expect(existsSync(`${folder}.part`)).toBe(false)
})

it.skipIf(process.platform === 'win32')('who may read a file, and a link to it, are kept', async () => {
  writeFileSync(file, 'yesterday')
  chmodSync(file, 0o640)
  symlinkSync('rows.jsonl', join(folder, 'link.jsonl'))
  await withRowWriter(join(folder, 'link.jsonl'), (write) => write({ i: 1 }))
  expect([readFileSync(file, 'utf8'), statSync(file).mode & 0o777, lstatSync(join(folder, 'link.jsonl')).isSymbolicLink()]).toEqual(['{"i":1}\n', 0o640, true])
})

it.skipIf(process.platform === 'win32')('a pipe gets the rows and stays a pipe', async () => {
  execFileSync('sh', ['-c', 'mkfifo "$FILE"'], { env: { ...process.env, FILE: file } })
  for (const write of [() => withRowWriter(file, (row) => row({ i: 1 })), () => writeRows(file, rows(), {})]) {
    const [read] = await Promise.all([readFile(file, 'utf8'), write()])
    expect([read, statSync(file).isFIFO(), readdirSync(folder)]).toEqual(['{"i":1}\n', true, ['rows.jsonl']])
  }
})

it.skipIf(process.platform === 'win32')('/dev/stdout is where it leads: a pipe, or the very file that it was sent to', () => {
  const module = new URL('./row-writer.ts', import.meta.url).href
  const program = `import { withRowWriter } from ${JSON.stringify(module)}; await withRowWriter('/dev/stdout', (write) => write({ i: 1 }))`
  const flags = '--conditions=@sedi/source --disable-warning=ExperimentalWarning --input-type=module'
  const env = { ...process.env, NODE: process.execPath, PROGRAM: program, FILE: file }
  for (const where of ['> "$FILE"', '| cat > "$FILE"']) {
    writeFileSync(file, 'yesterday')
    const { ino } = statSync(file)
    execFileSync('sh', ['-c', `"$NODE" ${flags} -e "$PROGRAM" ${where}`], { env })
    expect([where, readFileSync(file, 'utf8'), statSync(file).ino, readdirSync(folder)]).toEqual([where, '{"i":1}\n', ino, ['rows.jsonl']])
  }
})
