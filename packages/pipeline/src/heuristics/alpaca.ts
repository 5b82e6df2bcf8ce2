import type { HeuristicSet } from './heuristic.ts'

// What a text-only model cannot do. Whole words, any case.
const blacklist = [
  'image', 'images', 'graph', 'graphs', 'picture', 'pictures', 'file', 'files', 'map', 'maps', 'draw', 'plot', 'go to',
  'video', 'audio', 'music', 'flowchart', 'diagram',
] as const // biome-ignore format: a list of words reads best as one
const blacklisted = new RegExp(`\\b(${blacklist.join('|')})\\b`, 'i')

/**
 * Alpaca's rules on the instruction: 4 to 150 words, no word of its blacklist, not starting with "Write a program", punctuation or a
 * non-ASCII character. Source: stanford_alpaca @761dc5b, `generate_instruction.py`.
 */
export default {
  id: 'alpaca',
  title: 'Alpaca’s rules: length, blacklist, “Write a program”, first character',
  check({ instruction }) {
    const words = instruction.split(/\s+/).filter((word) => word !== '').length
    if (words <= 3 || words > 150) return `length: ${words} words, expected 4 to 150`
    const word = blacklisted.exec(instruction)?.[0]
    if (word !== undefined) return `blacklist: “${word}” asks for what a text model cannot do`
    if (instruction.startsWith('Write a program')) return 'program: starts with “Write a program”'
    const first = instruction.charAt(0)
    if (first > '\u007f') return `first character: “${first}” is not ASCII`
    if (/[!-/:-@[-`{-~]/.test(first)) return `first character: “${first}” is punctuation`
    return undefined
  },
} satisfies HeuristicSet
