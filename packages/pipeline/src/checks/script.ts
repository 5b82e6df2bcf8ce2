import { defineCheck, eachTask } from './check.ts'

const scripts: readonly (readonly [name: string, letters: RegExp])[] = [
  ['Latin', /\p{Script=Latin}/gu],
  ['Cyrillic', /\p{Script=Cyrillic}/gu],
  ['Greek', /\p{Script=Greek}/gu],
  ['Arabic', /\p{Script=Arabic}/gu],
  ['Hebrew', /\p{Script=Hebrew}/gu],
  ['Devanagari', /\p{Script=Devanagari}/gu],
  ['Bengali', /\p{Script=Bengali}/gu],
  ['Tamil', /\p{Script=Tamil}/gu],
  ['Thai', /\p{Script=Thai}/gu],
  ['Hangul', /\p{Script=Hangul}/gu],
  ['Chinese or Japanese', /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/gu],
]

/**
 * A teacher that changed its language: the instruction is written in a script that none of the seeds in the prompt has. Input and output may be in any
 * (translations). Between languages of one script it sees no difference. Nothing is found where the seeds are not known.
 */
export default defineCheck({
  id: 'script',
  title: 'instructions in a script that none of the seeds in the prompt is written in',
  defaultMode: 'flag',
  needsPrompt: true,
  create: eachTask(({ instruction }, { seeds }) => {
    const expected = new Set(seeds.flatMap((seed) => scriptsOf(seed.instruction)))
    const main = scriptsOf(instruction)[0]
    if (expected.size === 0 || main === undefined || expected.has(main)) return undefined
    return `the instruction is written in ${main}, the seeds shown are in ${[...expected].join(', ')}`
  }),
})

/** Scripts of at least a third of the letters, most frequent first. */
function scriptsOf(text: string): string[] {
  const counts = scripts.map(([name, letters]) => ({ name, count: text.match(letters)?.length ?? 0 }))
  const total = counts.reduce((sum, { count }) => sum + count, 0)
  return counts
    .filter(({ count }) => count > 0 && count >= total / 3)
    .sort((a, b) => b.count - a.count)
    .map(({ name }) => name)
}
