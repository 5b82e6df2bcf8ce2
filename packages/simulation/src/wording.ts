import type { Slot, Value } from './slots.ts'

/**
 * How a task may be put: the instruction alone, or instruction and input. `{name}` is an operand, `[a|b|]` a choice of words
 * that does not change the meaning.
 *
 * @example 'What day comes [right |]after {day}?'
 * @example ['Sort [these|the] names from A to Z.', 'Names: {names}']
 */
export type WordingSource = string | readonly [instruction: string, input: string]

export type Slots = Readonly<Record<string, Slot<Value>>>
export type Values = Readonly<Record<string, Value>>

/** A wording made ready for writing and reading. */
export interface Wording {
  /** Kept out of everything but held-out tests. */
  readonly reserved: boolean
  readonly isQuestion: boolean
  /** A lower-case word every text in this wording contains; '' when there is none. */
  readonly landmark: string
  /** The words to choose from, one array per `[…]`. */
  readonly choices: readonly (readonly string[])[]
  write(values: Values, chosen: readonly string[], style: number): { readonly instruction: string; readonly input: string }
  /** Finds the wording in a text whatever stands before and after it; undefined when it is not there. */
  read(instruction: string, input: string): WordingMatch | undefined
  /** The same in an instruction that comes without the input it speaks of: `values` has only the operands it names itself. */
  readInstruction(instruction: string): WordingMatch | undefined
}

export type WordingMatch = {
  readonly values: Values
  readonly chosen: readonly string[]
  /** Where the wording begins and ends in the instruction, its final punctuation included. */
  readonly start: number
  readonly end: number
}

type Part = { readonly text: string } | { readonly choice: readonly string[]; readonly index: number } | { readonly slot: string }

export function compileWording(source: WordingSource, slots: Slots, reserved: boolean): Wording {
  const [instructionSource, inputSource] = typeof source === 'string' ? [source, undefined] : source
  const choices: string[][] = []
  const instructionParts = parseTemplate(instructionSource, choices)
  const inputParts = inputSource === undefined ? undefined : parseTemplate(inputSource, choices)
  const instructionPattern = new RegExp(`(?<![A-Za-z0-9])${patternOf(withoutFinalPunctuation(instructionParts), slots)}(?![A-Za-z0-9])`, 'i')
  const inputPattern = inputParts === undefined ? /^\s*$/ : new RegExp(`^\\s*${patternOf(withoutFinalPunctuation(inputParts), slots)}[.\\s]*$`, 'i')
  const write = (parts: readonly Part[], values: Values, chosen: readonly string[], style: number): string =>
    parts
      .map((part) => {
        if ('text' in part) return part.text
        if ('choice' in part) return chosen[part.index] ?? part.choice[0]!
        return slots[part.slot]!.render(values[part.slot]!, style)
      })
      .join('')

  return {
    reserved,
    isQuestion: instructionSource.endsWith('?'),
    landmark: landmarkOf(instructionParts),
    choices,
    write: (values, chosen, style) => ({
      instruction: write(instructionParts, values, chosen, style),
      input: inputParts === undefined ? '' : write(inputParts, values, chosen, style),
    }),
    read(instruction, input) {
      const inputMatch = inputPattern.exec(input)
      const match = inputMatch === null ? null : instructionPattern.exec(instruction)
      if (match === null) return undefined
      const groups = { ...match.groups, ...inputMatch?.groups }
      const values = readValues(groups, slots)
      return values === undefined ? undefined : { values, ...placeOf(match, instruction, groups) }
    },
    readInstruction(instruction) {
      const match = instructionPattern.exec(instruction)
      if (match === null) return undefined
      const groups = { ...match.groups }
      const named = Object.fromEntries(Object.entries(slots).filter(([name]) => groups[name] !== undefined))
      const values = readValues(groups, named)
      return values === undefined ? undefined : { values, ...placeOf(match, instruction, groups) }
    },
  }

  function placeOf(match: RegExpExecArray, instruction: string, groups: Readonly<Record<string, string | undefined>>): Omit<WordingMatch, 'values'> {
    const end = match.index + match[0].length
    const punctuation = /^[.?!:]+/.exec(instruction.slice(end))?.[0].length ?? 0
    return { chosen: choices.map((_, i) => groups[`choice${i}`] ?? ''), start: match.index, end: end + punctuation }
  }
}

function parseTemplate(template: string, choices: string[][]): Part[] {
  return template
    .split(/(\{\w+\}|\[[^\]]*\])/)
    .filter((piece) => piece !== '')
    .map((piece) => {
      if (piece.startsWith('{')) return { slot: piece.slice(1, -1) }
      if (!piece.startsWith('[')) return { text: piece }
      const choice = piece.slice(1, -1).split('|')
      return { choice, index: choices.push(choice) - 1 }
    })
}

function patternOf(parts: readonly Part[], slots: Slots): string {
  const seen = new Set<string>()
  return parts
    .map((part) => {
      if ('text' in part) return literal(part.text)
      if ('choice' in part) return `(?<choice${part.index}>${part.choice.map(literal).join('|')})`
      const slot = slots[part.slot]
      if (slot === undefined) throw new RangeError(`compileWording: no slot named ${part.slot}`)
      if (seen.has(part.slot)) return `\\k<${part.slot}>`
      seen.add(part.slot)
      return `(?<${part.slot}>${slot.pattern})`
    })
    .join('')
}

function literal(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&').replace(/\s+/g, '\\s+')
}

/** Final punctuation is free: the same question may end in a colon or a full stop. */
function withoutFinalPunctuation(parts: readonly Part[]): readonly Part[] {
  const last = parts.at(-1)!
  return 'text' in last ? [...parts.slice(0, -1), { text: last.text.replace(/[.?!:]+$/, '') }] : parts
}

/** The longest word of the fixed text; words that touch an operand or a choice may be parts of longer ones and do not count. */
function landmarkOf(parts: readonly Part[]): string {
  const words = parts.flatMap((part, i) => {
    if (!('text' in part)) return []
    const isWhole = (start: number, end: number): boolean => (start > 0 || i === 0) && (end < part.text.length || i === parts.length - 1)
    const found = [...part.text.toLowerCase().matchAll(/[a-z]+/g)].filter((match) => isWhole(match.index, match.index + match[0].length))
    return found.map((match) => match[0])
  })
  return words.reduce((longest, word) => (word.length > longest.length ? word : longest), '')
}

function readValues(groups: Readonly<Record<string, string | undefined>>, slots: Slots): Values | undefined {
  const values: Record<string, Value> = {}
  for (const [name, slot] of Object.entries(slots)) {
    const value = slot.parse(groups[name]?.replace(/\s+/g, ' ') ?? '')
    if (value === undefined) return undefined
    values[name] = value
  }
  return values
}
