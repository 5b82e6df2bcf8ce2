import { readdirSync } from 'node:fs'
import { Writable } from 'node:stream'
import { softwareVersion } from '@sedi/kit'
import { expect, it } from 'vitest'
import { runProgram } from './program.ts'

type Said = { readonly code: number; readonly out: string; readonly err: string }

async function say(...argv: string[]): Promise<Said> {
  const said = { out: '', err: '' }
  const into = (key: 'out' | 'err'): Writable =>
    new Writable({
      write(chunk, _, done) {
        said[key] += String(chunk)
        done()
      },
    })
  const cli = { cwd: import.meta.dirname, stdout: into('out'), stderr: into('err'), isTerminal: false, stop: new AbortController().signal }
  return { code: await runProgram(argv, cli), ...said }
}

const names = readdirSync(new URL('commands', import.meta.url))
  .filter((name) => !name.includes('.gen.'))
  .map((name) => name.replace('.ts', ''))

it('--help lists every command, each of which has help of its own; on stdout, exit 0', async () => {
  const { code, out, err } = await say('--help')
  expect([code, err]).toEqual([0, ''])
  for (const name of names) {
    expect(out).toMatch(new RegExp(`^ {2}${name} .*\\S`, 'm'))
    expect(await say(name, '--help')).toEqual({ code: 0, out: expect.stringContaining(`Usage: sedi ${name} `), err: '' })
  }
})

it('--version is the version of the kit', async () => {
  expect(await say('--version')).toEqual({ code: 0, out: `${softwareVersion}\n`, err: '' })
})

it.each([
  [[], /Usage: sedi/],
  [['rum'], /unknown command 'rum'[\s\S]*Did you mean run[\s\S]*sedi --help/],
  [['status'], /missing required argument 'run'/],
  [['runs', '--jsn'], /unknown option '--jsn'[\s\S]*Did you mean --json/],
  [['run', '--max-cost', 'free'], /--max-cost <usd>.*expected a number above 0, got “free”/],
  [['run', '--max-cost', '0'], /expected a number above 0, got “0”/],
  [['filter', 'x.jsonl', '--threshold', ''], /expected a number from 0 to 1, got “”/],
  [['serve', '--port', '70000'], /expected a port from 0 to 65535, got “70000”/],
  [['fake-provider', '--latency', '-1'], /expected 0 or a number above it, got “-1”/],
])('usage: %j is exit 2 and says what was expected, on stderr', async (argv, message) => {
  expect(await say(...argv)).toEqual({ code: 2, out: '', err: expect.stringMatching(message) })
})
