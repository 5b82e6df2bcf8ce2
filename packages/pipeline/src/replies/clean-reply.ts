import { shorten } from '@sedi/spec'

/**
 * A reply without what is not part of its text: NUL characters and byte order marks, a reasoning model's `<think>` block at its beginning
 * (all of it when the block was never closed), and a code fence around everything. Cost O(characters).
 */
export function cleanReply(text: string): string {
  return dropFence(dropThinking(text.replaceAll('\u0000', '').replaceAll('\uFEFF', '')))
}

const opening = /^\s*<think(?:ing)?>/i
const closing = /<\/think(?:ing)?>/i

function dropThinking(text: string): string {
  let rest = text
  while (opening.test(rest)) {
    const end = closing.exec(rest)
    if (end === null) return ''
    rest = rest.slice(end.index + end[0].length)
  }
  // Some chat templates write the opening mark themselves, so that only the closing one arrives.
  const end = closing.exec(rest)
  return end === null || /<think/i.test(rest.slice(0, end.index)) ? rest : rest.slice(end.index + end[0].length)
}

const fence = /^[ \t]{0,3}```[^\n`]{0,40}$/gm

/** A fence that opens before the first item and closes after the last one is about the reply, not about an item. */
function dropFence(text: string): string {
  const marks = [...text.matchAll(fence)]
  const first = marks[0]
  if (first === undefined || !/^[^\n]{0,200}\n?[^\n]{0,200}$/.test(text.slice(0, first.index).trim())) return text
  const begin = first.index + first[0].length
  const last = marks.length % 2 === 0 ? marks.at(-1)!.index : text.length
  return opensItem.test(text.slice(begin, last)) && !opensItem.test(text.slice(0, first.index)) ? text.slice(begin, last) : text
}

const opensItem = /^\s{0,8}(?:[#>*{[\d]|Instruction|Input|Output)/i

/** One line of at most 200 characters. */
export function excerpt(text: string): string {
  const line = text.slice(0, 2000).replace(/\s+/g, ' ').trim()
  return shorten(line, 200)
}

/** A field that says that there is nothing. */
export function isNoInput(text: string): boolean {
  return /^(?:<?\s?no\s?input\s?>?\.?|n\/?a|none)$/i.test(text.slice(0, 20).trim())
}
