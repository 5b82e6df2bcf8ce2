import type { ParsedItem, Reply } from '../strategies/strategy.ts'
import { excerpt, isNoInput } from './clean-reply.ts'

// Field labels as teachers really write them: "4. Instruction:", "**4. Instruction**:", "4. 4. Instruction:", "Instruction:", at the
// start of a line. Every repetition is bounded, so that no text makes the search run away.
const label = /^[ \t>*#-]{0,40}(?:(\d{1,9})[ \t]{0,4}[.):][ \t]{0,4}){0,2}[*_]{0,3}(Instruction|Input|Output)[*_]{0,3}[ \t]{0,4}:[*_]{0,3}[ \t]*/gim

type Field = { readonly name: 'instruction' | 'input' | 'output'; readonly text: string }

/**
 * Reads every well-formed task out of a reply and reports the rest: a task is an instruction, an input and an output in this order.
 * Text before the first label (a greeting) is no item. A reply without any label is one malformed item; an empty one is none.
 */
export function readLabelledTasks({ text, finishReason }: Reply): readonly ParsedItem[] {
  const fields = splitFields(text)
  if (fields.length === 0) {
    return text.trim() === '' ? [] : [{ ok: false, reason: 'malformed', excerpt: excerpt(text), problem: 'no "Instruction:", "Input:" or "Output:" label' }]
  }
  const groups: Field[][] = []
  for (const field of fields) {
    if (field.name === 'instruction' || groups.length === 0) groups.push([field])
    else groups.at(-1)!.push(field)
  }
  return groups.map((group, i) => {
    const cut = finishReason === 'length' && i === groups.length - 1
    return readItem(group, cut)
  })
}

/** Where a reply numbers its labels, one without a number ("Output:" in a code example) belongs to the text. */
function splitFields(text: string): Field[] {
  const all = [...text.matchAll(label)]
  const numbered = all.filter((mark) => mark[1] !== undefined)
  const marks = numbered.length > 0 ? numbered : all
  return marks.map((mark, i) => {
    const from = mark.index + mark[0].length
    const to = marks[i + 1]?.index ?? text.length
    return { name: mark[2]!.toLowerCase() as Field['name'], text: cleanField(text.slice(from, to)) }
  })
}

/** A field ends at its task's separator line (`###`, or a heading such as `### Task 5` right before the next task). */
function cleanField(text: string): string {
  const separator = text.search(/\n[ \t]*#{3,}[ \t]*\r?(?:\n|$)/)
  const field = (separator < 0 ? text : text.slice(0, separator)).trim()
  const lastLine = field.lastIndexOf('\n')
  return lastLine >= 0 && /^[ \t]*#{3,}/.test(field.slice(lastLine + 1)) ? field.slice(0, lastLine).trim() : field
}

function readItem(group: readonly Field[], cut: boolean): ParsedItem {
  const text = group.map((field) => `${field.name}: ${field.text}`).join('\n')
  if (cut) return { ok: false, reason: 'truncated', excerpt: excerpt(text), problem: 'the reply ended at its length limit inside this task' }
  const names = group.map((field) => field.name).join(',')
  if (names !== 'instruction,input,output') {
    return { ok: false, reason: 'malformed', excerpt: excerpt(text), problem: `expected the labels instruction, input, output; found ${excerpt(names)}` }
  }
  const [instruction, input, output] = group as [Field, Field, Field]
  if (instruction.text === '') return { ok: false, reason: 'malformed', excerpt: excerpt(text), problem: 'empty instruction' }
  if (output.text === '') return { ok: false, reason: 'malformed', excerpt: excerpt(text), problem: 'empty output' }
  return { ok: true, task: { instruction: instruction.text.replace(/\s+/g, ' '), input: isNoInput(input.text) ? '' : input.text, output: output.text } }
}
