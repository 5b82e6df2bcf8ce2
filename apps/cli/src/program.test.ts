import { readdirSync } from 'node:fs'
import { Writable } from 'node:stream'
import { softwareVersion } from '@sedi/kit'
import { describe, expect, it } from 'vitest'
import { commandGroups, type ListedCommand } from './command.ts'
import { commands } from './commands/registry.gen.ts'
import { sediInside } from './fixtures/sedi-inside.ts'
import { createProgram } from './program.ts'

type Said = { readonly code: number; readonly out: string; readonly err: string }

async function say(...argv: string[]): Promise<Said> {
  const { code, stdout: out, stderr: err } = await sediInside(argv, { cwd: import.meta.dirname })
  return { code, out, err }
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

it('help <command> is <command> --help', async () => {
  expect(await say('help', 'run')).toEqual(await say('run', '--help'))
  expect(await say('help')).toEqual(await say('--help'))
  expect(await say('help', 'rum')).toEqual({ code: 2, out: '', err: (await say('--help')).out })
})

it('--version is the version of the kit', async () => {
  expect(await say('--version')).toEqual({ code: 0, out: `${softwareVersion}\n`, err: '' })
})

it.each([
  [[], /Usage: sedi/],
  [['my.yaml'], /unknown command 'my.yaml'[\s\S]*sedi run my\.yaml/],
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

const loaded = await Promise.all(
  Object.entries<ListedCommand>(commands).map(async ([id, listed]) => {
    const definition = await listed.load()
    return { name: definition.name, id, listed, definition }
  }),
)

describe.each(loaded)('$name', ({ id, listed: { group, summary }, definition }) => {
  it('is listed as it says itself', () => {
    expect({ name: id, group, summary }).toEqual({ name: definition.name, group: definition.group, summary: definition.summary })
  })

  it.each(definition.examples.map(({ command }) => command))('its example parses, by this command: %s', async (line) => {
    const parsed: unknown[] = []
    const words = wordsOf(line)
    const program = await createProgram({ stdout: sink, stderr: sink }, words, async ({ name }) => void parsed.push(name))
    await program.parseAsync(words, { from: 'user' })
    expect(parsed).toEqual([definition.name])
  })

  it('has a line for the overview that fits beside its name, and examples under its help', async () => {
    expect(definition.summary).toMatch(/^.{8,62}[^.\s]$/)
    const { out } = await say(definition.name, '--help')
    const [, shown = ''] = out.split('\nExamples:\n')
    for (const { command, does } of definition.examples) {
      expect(shown).toContain(command)
      expect(shown).toContain(does)
    }
    expect(definition.examples.length).toBeLessThanOrEqual(4)
  })
})

it('--help has first steps on top and every group once, in order', async () => {
  const { out } = await say('--help')
  const places = ['First steps:', ...Object.values(commandGroups)].map((heading) => out.split('\n').indexOf(heading))
  expect(places).toEqual(places.toSorted((a, b) => a - b))
  expect(places).not.toContain(-1)
  expect(Math.max(...out.split('\n').map((line) => line.length))).toBeLessThanOrEqual(80)
})

const sink = new Writable({ write: (_, __, done) => done() })

/** The arguments of an example, as a shell would hand them over; what comes after a pipe or a redirection is not ours. */
function wordsOf(line: string): string[] {
  const [program, ...words] = [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain!)
  expect(program).toBe('sedi')
  const end = words.findIndex((word) => /^(\||>>?|&&)$/.test(word))
  return end < 0 ? words : words.slice(0, end)
}
