import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { createWorld } from './create-world.ts'
import { defaultTeacherSettings } from './teacher/teacher-settings.ts'

const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')

it('shows a prompt and the reply it gets', () => {
  const [prompt, reply] = [...readme.matchAll(/^```text\n([\s\S]*?)\n```$/gm)].map((match) => match[1]!).slice(-2)
  const { text } = createWorld().teach({ messages: [{ role: 'user', content: prompt! }], maxOutputTokens: 1000, seed: 0 })
  expect(text).toBe(reply)
})

it('lists every setting with its default', () => {
  const rows = [...readme.matchAll(/^\| (`\w+`(?:, `\w+`)*) +\| ([\d., ]+?) +\|/gm)]
  const listed = rows.flatMap(([, names, values]) => {
    const numbers = values!.split(', ').map(Number)
    return names!.split(', ').map((name, i) => [name.slice(1, -1), numbers[i]] as const)
  })
  expect(Object.fromEntries(listed)).toEqual(defaultTeacherSettings)
})
