import type { Task } from '@sedi/spec'

export type NumberedTask = Task & { readonly number: number }

const label = /^[ \t]*(\d{1,6})\.[ \t]*(Instruction|Input|Output):[ \t]*/gm

/** Reads every complete "4. Instruction: … / 4. Input: … / 4. Output: …" of a text; whatever else it says is passed over. */
export function readNumberedTasks(text: string): NumberedTask[] {
  const fields = [...text.matchAll(label)].map((match, i, all) => ({
    number: Number(match[1]),
    name: match[2]!,
    text: text
      .slice(match.index + match[0].length, all[i + 1]?.index)
      .replace(/\n[ \t]*###[\s\S]*$/, '')
      .trim(),
  }))
  return fields.flatMap((field, i) => {
    const [input, output] = [fields[i + 1], fields[i + 2]]
    const next = fields[i + 3]
    const complete = field.name === 'Instruction' && input?.name === 'Input' && output?.name === 'Output' && (next === undefined || next.name === 'Instruction')
    if (!complete || field.text === '' || output.text === '') return []
    return [{ number: field.number, instruction: field.text, input: input.text === '<noinput>' ? '' : input.text, output: output.text }]
  })
}

export function writeNumberedTask(number: number, { instruction, input, output }: Task): string {
  return `${number}. Instruction: ${instruction}\n${number}. Input:\n${input === '' ? '<noinput>' : input}\n${number}. Output:\n${output}`
}
