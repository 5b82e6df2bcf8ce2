import type { FinishReason, Message, SeedTask } from '@sedi/spec'
import type { ParsedItem, PromptStrategy } from './strategy.ts'

/**
 * One call writes instruction, input and output together: the seeds are shown as a numbered list, the teacher continues it.
 * The form of Alpaca (stanford_alpaca, `generate_instruction.py` and `prompt.txt`), in our words; the rules come first so that
 * provider-side prompt caches can serve them.
 */
export default {
  id: 'joint',

  prompt(seeds: readonly SeedTask[], { tasksPerCall }: { readonly tasksPerCall: number }): readonly Message[] {
    const first = seeds.length + 1
    const examples = seeds.map((seed, i) => renderTask(i + 1, seed))
    const content = [
      'You write tasks that teach a language model to follow instructions.',
      `Continue the list below with ${tasksPerCall} new tasks, numbered ${first} to ${first + tasksPerCall - 1}.`,
      '',
      'Rules for the new tasks:',
      '- Each asks for something else: vary the verb, the topic and the kind of task.',
      '- Mix questions and commands; keep an instruction to one or two sentences.',
      '- A text-only model must be able to do it: nothing to look at, hear, open or search for.',
      '- The input is a concrete, realistic example of what the instruction works on; write <noinput> where none is needed.',
      '- The output is correct, complete and short.',
      '- Keep the form of the examples exactly: "N. Instruction:", "N. Input:", "N. Output:", with a line ### between tasks.',
      '',
      ...examples,
      '###',
    ].join('\n')
    return [{ role: 'user', content }]
  },

  parse: parseNumberedTasks,
} satisfies PromptStrategy

function renderTask(number: number, task: { readonly instruction: string; readonly input: string; readonly output: string }): string {
  const instruction = task.instruction.replace(/\s+/g, ' ').trim()
  return `###\n${number}. Instruction: ${instruction}\n${number}. Input:\n${task.input === '' ? '<noinput>' : task.input}\n${number}. Output:\n${task.output}`
}

// Field labels as teachers really write them: "4. Instruction:", "**4. Instruction**:", "Instruction:", at the start of a line.
const label = /^[\s>*#-]*(?:\*\*)?\s*(?:(\d+)\s*[.):]\s*)?(?:\*\*)?(Instruction|Input|Output)(?:\*\*)?\s*:(?:\*\*)?[ \t]*/gim

type Field = { readonly name: 'instruction' | 'input' | 'output'; readonly start: number; readonly text: string }

/**
 * Reads every well-formed task out of a reply and reports the rest: a task is an instruction, an input and an output in this order.
 * Text before the first label (a greeting) is no item. A reply without any label is one malformed item; an empty one is none.
 */
function parseNumberedTasks(text: string, finishReason: FinishReason): readonly ParsedItem[] {
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
    return { name: mark[2]!.toLowerCase() as Field['name'], start: mark.index, text: cleanField(text.slice(from, to)) }
  })
}

/** A field ends at its task's separator line. */
function cleanField(text: string): string {
  return text.replace(/\n\s*#{3,}[\s\S]*$/, '').trim()
}

function readItem(group: readonly Field[], cut: boolean): ParsedItem {
  const text = group.map((field) => `${field.name}: ${field.text}`).join('\n')
  if (cut) return { ok: false, reason: 'truncated', excerpt: excerpt(text), problem: 'the reply ended at its length limit inside this task' }
  const names = group.map((field) => field.name).join(',')
  if (names !== 'instruction,input,output') {
    return { ok: false, reason: 'malformed', excerpt: excerpt(text), problem: `expected the labels instruction, input, output; found ${names}` }
  }
  const [instruction, input, output] = group as [Field, Field, Field]
  if (instruction.text === '') return { ok: false, reason: 'malformed', excerpt: excerpt(text), problem: 'empty instruction' }
  if (output.text === '') return { ok: false, reason: 'malformed', excerpt: excerpt(text), problem: 'empty output' }
  const noInput = /^<?\s*no\s*input\s*>?\.?$|^n\/?a$|^none$/i.test(input.text)
  return { ok: true, task: { instruction: instruction.text.replace(/\s+/g, ' '), input: noInput ? '' : input.text, output: output.text } }
}

function excerpt(text: string): string {
  const line = text.replace(/\s+/g, ' ').trim()
  return line.length <= 200 ? line : `${line.slice(0, 199)}…`
}
