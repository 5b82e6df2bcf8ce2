export type WrittenTask = { readonly instruction: string; readonly input: string; readonly output: string }

const block = /^\s*\d+\. Instruction: ?([\s\S]*?)\n\d+\. Input:\n?([\s\S]*?)\n\d+\. Output:\n?([\s\S]*?)(?=\n###|\s*$)/

/** The complete tasks in a text of the teacher. */
export function tasksIn(text: string): WrittenTask[] {
  return text.split(/\n###\n|^###\n/).flatMap((part) => {
    const match = block.exec(part)
    if (match === null) return []
    const [instruction, input, output] = match.slice(1).map((field) => field.trim()) as [string, string, string]
    return [{ instruction, input: input === '<noinput>' ? '' : input, output }]
  })
}

/** A beginning of a text: this share of its characters. */
export function beginningOf(text: string, share: number): string {
  return text.slice(0, Math.floor(text.length * share))
}
