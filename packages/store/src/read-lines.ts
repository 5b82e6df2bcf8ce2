import { createReadStream } from 'node:fs'

/**
 * The lines of a UTF-8 file, ended by LF or CRLF and by nothing else: node:readline would also cut at U+2028 and U+2029, which JSON allows
 * inside texts. Memory: one line and one chunk.
 */
export async function* readLines(path: string): AsyncGenerator<string> {
  let rest = ''
  for await (const chunk of createReadStream(path, 'utf8')) {
    const lines = `${rest}${chunk}`.split('\n')
    rest = lines.pop()!
    for (const line of lines) yield line.endsWith('\r') ? line.slice(0, -1) : line
  }
  if (rest !== '') yield rest
}
