import type { HeuristicSet } from './heuristic.ts'
import { beyondText, blacklist, firstBroken, firstCharacter, length, type Rule } from './rules.ts'

/** Any case: Self-Instruct capitalises the first letter and lowers all others before it looks. */
const program: Rule = {
  name: 'program',
  find: ({ instruction }) => (/^write a program/i.test(instruction) ? 'starts with “Write a program”' : undefined),
}

const copied: Rule = {
  name: 'copied input',
  find: ({ input, output }) => (output.trim() === input.trim() ? 'the output repeats the input' : undefined),
}
const empty: Rule = { name: 'empty output', find: ({ output }) => (output.trim() === '' ? 'there is no output' : undefined) }
const unfinished: Rule = {
  name: 'unfinished',
  find({ input, output }) {
    const field = input.trim().endsWith(':') ? 'input' : output.trim().endsWith(':') ? 'output' : undefined
    return field === undefined ? undefined : `the ${field} ends in a colon`
  },
}

/**
 * Self-Instruct's rules. On the instruction: 4 to 150 words, no word of its blacklist, not starting with "Write a program", punctuation or a
 * non-ASCII character (`bootstrap_instructions.py`). On the instance: an output that is not empty and not the input, neither ending in a colon
 * (`prepare_for_finetuning.py`). Its rule against one input with several outputs concerns tasks of several instances; ours have one.
 * Source: yizhongw/self-instruct @0b26cca.
 */
export default {
  id: 'self-instruct',
  title: 'Self-Instruct’s rules: Alpaca’s with a shorter blacklist; no empty, copied or unfinished output',
  check: (task) => firstBroken([length, blacklist(beyondText), program, firstCharacter], task),
  checkAnswer: (task) => firstBroken([empty, copied, unfinished], task),
} satisfies HeuristicSet
