import { spawn, spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { sedi, spawnSedi } from './fixtures/spawn-sedi.ts'
import { testFolder } from './fixtures/test-folder.ts'

const document = readFileSync(new URL('../../../docs/server.md', import.meta.url), 'utf8')
const session = /^```sh session\n([\s\S]*?)^```$/m.exec(document)![1]!
const hasCurl = spawnSync('curl', ['--json', '{}', '--version']).status === 0

async function address(server: ReturnType<typeof spawnSedi>): Promise<string> {
  await expect.poll(() => server.stderr(), { timeout: 30_000 }).toMatch(/Listening on \S+/)
  return /Listening on (\S+)/.exec(server.stderr())![1]!
}

describe('sedi serve', () => {
  it.skipIf(!hasCurl)('the session of docs/server.md: from nothing to batches, with curl', { timeout: 120_000 }, async () => {
    const cwd = testFolder()
    const server = spawnSedi(['serve', '--port', '0'], { cwd })
    onTestFinished(() => void server.process.kill('SIGKILL'))
    const script = session.replace('http://127.0.0.1:4870', await address(server))
    expect(script).not.toBe(session)
    const shell = spawn('sh', ['-eu', '-c', script], { cwd })
    const said = (await Promise.all([
      shell.stdout.setEncoding('utf8').toArray(),
      shell.stderr.setEncoding('utf8').toArray(),
      new Promise((resolve) => shell.on('close', resolve)),
    ])) as unknown[]
    expect(said[2], `${said[0]}\n${said[1]}`.slice(-3000)).toBe(0)
    const stdout = (said[0] as string[]).join('')
    for (const part of ['data: {"kind":"yield"', '"state":"paused"', '"reason":"similar"']) expect(stdout.includes(part), part).toBe(true)
    const lines = (name: string): string[] => readFileSync(join(cwd, name), 'utf8').trimEnd().split('\n')
    expect(lines('stricter.jsonl').length).toBeLessThan(lines('kept.jsonl').length)
    expect(lines('batches.jsonl').length).toBe(Math.ceil(lines('stricter.jsonl').length / 16) + 1)

    const status = JSON.parse((await sedi(['status', 'first', '--no-baseline', '--json'], { cwd })).stdout) as { state: string; kept: number }
    expect(status).toMatchObject({ state: 'done', kept: lines('kept.jsonl').length })
    server.process.kill('SIGTERM')
    expect(await server.finished).toMatchObject({ code: 0 })
  })

  it('refuses other machines without a token, and a token that is none', async () => {
    const cwd = testFolder()
    const refused = await sedi(['serve', '--host', '0.0.0.0', '--port', '0'], { cwd })
    expect([refused.code, refused.stderr]).toEqual([2, expect.stringContaining('SEDI_API_TOKEN')])
    const weak = await sedi(['serve', '--host', '0.0.0.0', '--port', '0'], { cwd, env: { SEDI_API_TOKEN: 'hunter22' } })
    expect([weak.code, weak.stderr]).toEqual([2, expect.stringContaining('at least 16 characters')])
    expect(weak.stderr).not.toContain('hunter22')
    expect((await sedi(['serve', '--host', ''], { cwd })).code).toBe(2)
  })
})
