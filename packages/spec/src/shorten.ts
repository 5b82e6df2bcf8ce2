/** The beginning of a text, at most `most` UTF-16 units of it and no half of a surrogate pair. */
export function beginningOf(text: string, most: number): string {
  if (text.length <= most) return text
  const splitsPair = /[\ud800-\udbff]/.test(text.charAt(most - 1)) && /[\udc00-\udfff]/.test(text.charAt(most))
  return text.slice(0, splitsPair ? most - 1 : most)
}

/** A text of at most `most` UTF-16 units; one that was longer ends with an ellipsis. */
export const shorten = (text: string, most: number): string => (text.length <= most ? text : `${beginningOf(text, most - 1)}…`)

/**
 * A text as one line: white space as single spaces, and without what a terminal would take for commands. For texts of models and of other people,
 * which may hold anything.
 */
export function oneLine(text: string, most = Number.POSITIVE_INFINITY): string {
  return shorten(withoutControls(text.replaceAll(/\s+/g, ' ').trim()), most)
}

/** Control characters (C0, C1, overrides of direction) as question marks, but for line breaks and tabs. */
export function withoutControls(text: string): string {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: those are the characters meant
  return text.replaceAll(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202d\u202e]/g, '?')
}
