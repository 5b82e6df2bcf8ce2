/** Tasks of a file that somebody chose: a JSON array, or an object a line. What a task must have, the server says. Throws with the line that is broken. */
export function tasksIn(text: string, fileName: string): readonly object[] {
  const trimmed = text.trim()
  if (trimmed === '') throw new Error(`${fileName} is empty. Expected a JSON array of tasks, or one task a line.`)
  if (trimmed.startsWith('[')) {
    const list = parsed(trimmed, fileName) as readonly unknown[]
    if (!list.every(isObject)) throw new Error(`${fileName}: expected objects with instruction, input and output in the array.`)
    return list
  }
  return trimmed.split('\n').flatMap((line, i) => {
    if (line.trim() === '') return []
    const task = parsed(line, `${fileName}, line ${i + 1}`)
    if (!isObject(task)) throw new Error(`${fileName}, line ${i + 1}: expected an object with instruction, input and output.`)
    return [task]
  })
}

function parsed(text: string, where: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    throw new Error(`${where} is not JSON: ${(error as Error).message}`)
  }
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null && !Array.isArray(value)
