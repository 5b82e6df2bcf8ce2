/**
 * JSON as services write it: numbers that JSON does not have (`NaN`, `Infinity`, from Python) become null. Anything else that is no JSON comes
 * back as the text it is, for the schema to refuse.
 */
export function parseReply(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    try {
      return JSON.parse(text.replaceAll(stringOrUnreal, (match) => (match.startsWith('"') ? match : 'null')))
    } catch {
      return text
    }
  }
}

/** Texts are matched as a whole, so that a NaN inside one stays. */
const stringOrUnreal = /"(?:[^"\\]|\\.)*"|-?\b(?:NaN|Infinity)\b/g
