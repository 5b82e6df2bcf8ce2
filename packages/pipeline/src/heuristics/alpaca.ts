import type { HeuristicSet } from './heuristic.ts'
import { beyondText, blacklist, firstBroken, firstCharacter, length, type Rule } from './rules.ts'

const program: Rule = {
  name: 'program',
  find: ({ instruction }) => (instruction.startsWith('Write a program') ? 'starts with “Write a program”' : undefined),
}

const rules = [length, blacklist([...beyondText, 'video', 'audio', 'music', 'flowchart', 'diagram']), program, firstCharacter]

/**
 * Alpaca's rules on the instruction: 4 to 150 words, no word of its blacklist, not starting with "Write a program", punctuation or a
 * non-ASCII character. Source: stanford_alpaca @761dc5b, `generate_instruction.py`.
 */
export default {
  id: 'alpaca',
  title: 'Alpaca’s rules: length, blacklist, “Write a program”, first character',
  check: (task) => firstBroken(rules, task),
} satisfies HeuristicSet
