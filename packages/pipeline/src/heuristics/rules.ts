import type { Task } from '@sedi/spec'

/** A named rule: what is wrong with a task, without the rule's name; undefined when it is kept. */
export type Rule = { readonly name: string; readonly find: (task: Task) => string | undefined }

/** The first broken rule and how: `length: 2 words, expected 4 to 150`. */
export function firstBroken(rules: readonly Rule[], task: Task): string | undefined {
  for (const { name, find } of rules) {
    const how = find(task)
    if (how !== undefined) return `${name}: ${how}`
  }
  return undefined
}

/** 4 to 150 words between white space. */
export const length: Rule = {
  name: 'length',
  find({ instruction }) {
    const words = instruction.split(/\s+/).filter((word) => word !== '').length
    return words <= 3 || words > 150 ? `${words} words, expected 4 to 150` : undefined
  },
}

/** None of these words, in any case, as whole words. */
export function blacklist(words: readonly string[]): Rule {
  const listed = new RegExp(`\\b(${words.join('|')})\\b`, 'i')
  return {
    name: 'blacklist',
    find({ instruction }) {
      const word = listed.exec(instruction)?.[0]
      return word === undefined ? undefined : `“${word}” asks for what a text model cannot do`
    },
  }
}

/** What a text-only model cannot do, as Self-Instruct lists it. */
export const beyondText = ['image', 'images', 'graph', 'graphs', 'picture', 'pictures', 'file', 'files', 'map', 'maps', 'draw', 'plot', 'go to'] as const

/** The first character is ASCII and no punctuation. */
export const firstCharacter: Rule = {
  name: 'first character',
  find({ instruction }) {
    const first = instruction.charAt(0)
    if (first > '\u007f') return `“${String.fromCodePoint(instruction.codePointAt(0)!)}” is not ASCII`
    return /[!-/:-@[-`{-~]/.test(first) ? `“${first}” is punctuation` : undefined
  },
}
