import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sediInside } from '../fixtures/sedi-inside.ts'

const folder = mkdtempSync(join(tmpdir(), 'sedi-completion-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const has = (shell: string): boolean => spawnSync(shell, ['--version']).status === 0

beforeAll(async () => {
  for (const run of ['runs/2026-a', 'runs/2026-b', 'other/there', 'runs/no-run']) mkdirSync(join(folder, run), { recursive: true })
  for (const file of ['runs/2026-a/ledger.db', 'runs/2026-b/ledger.db', 'other/there/ledger.db', 'my config.yaml', 'data.jsonl'])
    writeFileSync(join(folder, file), '')
  for (const shell of ['bash', 'zsh', 'fish']) writeFileSync(join(folder, `completion.${shell}`), await script(shell))
})

async function script(shell: string): Promise<string> {
  const { code, stdout } = await sediInside(['completion', shell], { cwd: folder })
  expect(code).toBe(0)
  return stdout
}

/** What completes the last word of a line, by the real shells. */
const shells = {
  bash(words: readonly string[]): string[] {
    const code = `source ./completion.bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _sedi; ((\${#COMPREPLY[@]})) && printf '%s\\n' "\${COMPREPLY[@]}"; true`
    return execFileSync('bash', ['--norc', '-c', code, 'bash', ...words], { cwd: folder, encoding: 'utf8' })
      .split('\n')
      .filter((line) => line !== '')
  },
  fish(words: readonly string[]): string[] {
    const out = execFileSync('fish', ['--no-config', '-c', 'source completion.fish; complete -C $argv[1]', '--', words.join(' ')], {
      cwd: folder,
      encoding: 'utf8',
    })
    return out.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')[0]!]))
  },
}

describe.each(Object.keys(shells) as (keyof typeof shells)[])('%s', (shell) => {
  const complete = (...words: string[]) => shells[shell](['sedi', ...words]).toSorted()

  it.skipIf(!has(shell)).each<[readonly string[], readonly string[]]>([
    [['fake'], ['fake-provider']],
    [
      ['status', ''],
      ['2026-a', '2026-b'],
    ],
    [['status', '--store', 'other', ''], ['there']],
    [
      ['compare', '2026-a', '2026-'],
      ['2026-a', '2026-b'],
    ],
    [
      ['batch', 'data.jsonl', '--composer', 'r'],
      ['random', 'round-robin'],
    ],
    [
      ['resume', '--queue', ''],
      ['in-process', 'pg-boss'],
    ],
    [['ledger', 'b'], ['backup']],
    [['run', '--dry'], ['--dry-run']],
    [['run', 'da'], ['data.jsonl']],
    [['filter', 'data.jsonl', '--out', 'da'], ['data.jsonl']],
    [['run', '--max-cost', ''], []],
  ])('after “sedi %j”: %j', (words, expected) => {
    expect(complete(...words)).toEqual(expected)
  })

  it.skipIf(!has(shell))('every command, and runs beside files where both may stand', () => {
    expect(complete('')).toEqual(expect.arrayContaining(['init', 'run', 'export', 'serve', 'completion']))
    expect(complete('metrics', '')).toEqual(expect.arrayContaining(['2026-a', '2026-b', 'data.jsonl']))
  })
})

it.skipIf(!has('bash'))('bash knows which place a word has, names with spaces, and a value behind “=”', () => {
  expect(shells.bash(['sedi', 'explain', '2026-a', '2'])).toEqual([])
  expect(shells.bash(['sedi', 'run', 'my'])).toEqual(['my config.yaml'])
  expect(shells.bash(['sedi', 'status', '--store', '=', 'other', ''])).toEqual(['there'])
  expect(shells.bash(['sedi', 'batch', '--composer', '=', 'ran'])).toEqual(['random'])
})

it.skipIf(!has('zsh'))('zsh: what Tab makes of a line', () => {
  const lines = {
    'sedi stat': 'sedi status',
    'sedi status --store other th': 'sedi status --store other there',
    'sedi batch d --composer dp': 'sedi batch d --composer dpp',
    'sedi run dat': 'sedi run data.jsonl',
  }
  // A zsh inside zsh's own pseudo-terminal; ^X prints the line between marks and empties it.
  const code = `zmodload zsh/zpty; zpty z "TERM=dumb zsh -f -i"
zpty -w z "PS1=; autoload -Uz compinit; compinit -u -D; source ./completion.zsh; bindkey '^I' complete-word; _mark() { print -r -- '<<'\\$BUFFER'>>'; BUFFER= }; zle -N _mark; bindkey '^X' _mark; print REA''DY"
zpty -r z out '*READY*'
${Object.keys(lines)
  .map((line) => `zpty -w -n z '${line}'$'\\t'; sleep 0.4; zpty -w -n z $'\\x18'; zpty -r z out '*>>*'; print -r -- "$out"`)
  .join('\n')}
zpty -d z`
  const out = execFileSync('zsh', ['-f', '-c', code], { cwd: folder, encoding: 'utf8', timeout: 120_000 })
  expect([...out.matchAll(/<<(.*?)>>/g)].map(([, line]) => line!.trim()).filter((line) => line.startsWith('sedi '))).toEqual(Object.values(lines))
})
