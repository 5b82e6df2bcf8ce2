import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { openStore } from '@sedi/kit'
import { readBook, startFakeProvider } from '@sedi/testing'
import { expect, it } from 'vitest'
import { sedi } from './fixtures/spawn-sedi.ts'
import { teacherAt, testFolder, writeConfig } from './fixtures/test-folder.ts'

it('a paused run whose ledger is damaged: noticed, salvaged, imported and resumed to the digest of the undisturbed run, with the answers it had', {
  timeout: 600_000,
}, async () => {
  const folder = testFolder()
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  const config = { generator: teacherAt(provider.url), target: { calls: 24 }, rounds: 2 }
  writeConfig(folder, config)
  const json = async (args: readonly string[], code: number): Promise<Record<string, unknown>> => {
    const finished = await sedi([...args, '--json'], { cwd: folder })
    expect([args[0], finished.code, finished.stderr]).toEqual([args[0], code, expect.any(String)])
    return JSON.parse(finished.stdout) as Record<string, unknown>
  }
  const undisturbed = await json(['run', '--out', 'calm'], 0)
  const paused = await json(['run', '--max-cost', '0.05'], 3)
  const run = String(paused.run)
  const path = join(folder, 'runs', run, 'ledger.db')
  expect(Number(paused.calls)).toBeGreaterThan(12)

  // The page with the text of some answer in the middle of the run.
  const ledger = await openStore({ store: join(folder, 'runs') }).read(run)
  const bytes = readFileSync(path)
  const { text } = (await ledger.find('call'))[6]!
  await ledger.close()
  const at = bytes.indexOf(text.slice(0, 60))
  expect(at).toBeGreaterThan(0)
  const file = openSync(path, 'r+')
  writeSync(file, Buffer.alloc(4096, '?'), 0, 4096, Math.floor(at / 4096) * 4096)
  closeSync(file)
  expect(statSync(path).size).toBe(bytes.length)

  for (const command of [
    ['status', run],
    ['export', run],
    ['explain', run, 'r01-c0000-i00'],
    ['resume', run],
  ]) {
    const refused = await sedi(command, { cwd: folder })
    expect([command[0], refused.code, refused.stderr]).toEqual([command[0], 1, expect.stringContaining('sedi doctor <run> --salvage DIR')])
  }
  expect((await sedi(['runs'], { cwd: folder })).stdout).toContain(run)
  const check = await json(['doctor', run], 1)
  expect(check).toMatchObject({ sound: false })
  const { salvage } = (await json(['doctor', run, '--salvage', 'saved'], 1)) as { salvage: { found: number; recorded: number; facts: Record<string, number> } }
  expect(salvage.recorded - salvage.found).toBeGreaterThan(0)
  expect(salvage.facts.call).toBeGreaterThanOrEqual(Number(paused.calls) - 2)
  expect((await sedi(['ledger', 'import', 'saved/ledger.jsonl', '--name', 'recovered'], { cwd: folder })).code).toBe(2)
  await json(['ledger', 'import', 'saved/ledger.jsonl', '--name', 'recovered', '--recover'], 0)
  const before = readBook(join(folder, 'book.jsonl')).totals.charged
  const resumed = await json(['resume', 'recovered', '--max-cost', '5'], 0)
  const bought = readBook(join(folder, 'book.jsonl')).totals.charged - before
  expect(resumed.digest).toBe(undisturbed.digest)
  expect(bought).toBe(24 - salvage.facts.call!)
  expect((await json(['doctor', 'recovered'], 0)).sound).toBe(true)
  await provider.close()
})

it('a ledger is exported, imported under another name and copied while it is there, with the same digest', { timeout: 300_000 }, async () => {
  const folder = testFolder()
  writeConfig(folder, { generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } } })
  const report = JSON.parse((await sedi(['run', '--json'], { cwd: folder })).stdout) as { run: string; digest: string }
  expect((await sedi(['ledger', 'export', report.run, '--out', 'ledger.jsonl'], { cwd: folder })).code).toBe(0)
  const imported = JSON.parse((await sedi(['ledger', 'import', 'ledger.jsonl', '--name', 'copy', '--json'], { cwd: folder })).stdout)
  expect(imported).toMatchObject({ run: 'copy', digest: report.digest })
  expect((await sedi(['ledger', 'backup', report.run, '--out', 'backup'], { cwd: folder })).code).toBe(0)
  for (const run of ['copy', './backup']) {
    expect(JSON.parse((await sedi(['status', run, '--json'], { cwd: folder })).stdout)).toMatchObject({ digest: report.digest, state: 'done' })
  }
  const sound = await sedi(['doctor', 'copy'], { cwd: folder })
  expect([sound.code, sound.stdout]).toEqual([0, expect.stringContaining('sound')])
  expect((await sedi(['ledger', 'backup', report.run, '--out', 'backup'], { cwd: folder })).code).not.toBe(0)
  expect((await sedi(['ledger', 'turn', report.run], { cwd: folder })).code).toBe(2)
})
