export type JsonObject = Readonly<Record<string, unknown>>

export type JsonReading = {
  /** Every complete object, also those inside others and those after a break, in the order in which they end. */
  readonly objects: readonly JsonObject[]
  /** Beginnings of objects that never came to an end, each from its first key on. */
  readonly broken: readonly string[]
}

/** Deeper nesting is broken off: no reply that is asked for needs it, and it bounds the work. */
const deepest = 64

/**
 * Reads every object out of text that should be JSON: whatever stands around it, with trailing or missing commas, comments, single
 * quotes, bare keys, line breaks in strings, NaN, None and True, cut off anywhere. Never throws. Of two equal keys the later one counts.
 * Cost O(characters).
 */
export function readJsonObjects(text: string): JsonReading {
  const objects: JsonObject[] = []
  const broken: string[] = []
  /** For each quotation mark, from where on no string comes to an end. */
  const endless = new Map<string, number>()
  let at = 0

  /** Marks a place where the text stops being JSON; the search goes on behind it. */
  const stop = Symbol('stop')
  type Value = unknown | typeof stop

  function skipSpace(): void {
    for (;;) {
      while (at < text.length && /\s/.test(text[at]!)) at++
      if (text.startsWith('//', at)) at = lineEnd()
      else if (text.startsWith('/*', at)) at = text.indexOf('*/', at) < 0 ? text.length : text.indexOf('*/', at) + 2
      else return
    }
  }

  const lineEnd = (): number => (text.indexOf('\n', at) < 0 ? text.length : text.indexOf('\n', at))

  function readValue(depth: number): Value {
    skipSpace()
    const first = text[at]
    if (depth > deepest || first === undefined) return stop
    if (first === '{') return readObject(depth)
    if (first === '[') return readArray(depth)
    if (first === '"' || first === "'") return readString(first, false)
    return readWord()
  }

  function readObject(depth: number): Value {
    const begin = at++
    const entries: [string, unknown][] = []
    const stopHere = (): Value => {
      if (entries.length > 0 || /^\{\s{0,20}["'\w]/.test(text.slice(begin, begin + 24))) broken.push(text.slice(begin, Math.min(text.length, begin + 400)))
      return stop
    }
    for (;;) {
      skipCommas()
      if (text[at] === '}') {
        at++
        const object = Object.fromEntries(entries) as JsonObject
        objects.push(object)
        return object
      }
      const key = readKey()
      if (key === stop) return stopHere()
      skipSpace()
      if (text[at] !== ':') return stopHere()
      at++
      const value = readValue(depth + 1)
      if (value === stop) return stopHere()
      entries.push([key as string, value])
    }
  }

  function readArray(depth: number): Value {
    at++
    const items: unknown[] = []
    for (;;) {
      skipCommas()
      if (text[at] === ']') {
        at++
        return items
      }
      const value = readValue(depth + 1)
      if (value === stop) return stop
      items.push(value)
    }
  }

  function skipCommas(): void {
    skipSpace()
    while (text[at] === ',') {
      at++
      skipSpace()
    }
  }

  function readKey(): string | typeof stop {
    const first = text[at]
    if (first === '"' || first === "'") return readString(first, true)
    const bare = /[\p{L}_$][\p{L}\p{N}_$-]{0,99}/uy
    bare.lastIndex = at
    const word = bare.exec(text)?.[0]
    if (word === undefined) return stop
    at += word.length
    return word
  }

  function readString(quote: string, isKey: boolean): string | typeof stop {
    const begin = ++at
    // A search from further behind would find no end either.
    if (begin >= (endless.get(quote) ?? Number.POSITIVE_INFINITY)) return stop
    const parts: string[] = []
    let from = begin
    while (at < text.length) {
      const sign = text[at]!
      if (sign === quote && (isKey || endsString(at + 1))) {
        parts.push(text.slice(from, at++))
        return parts.join('')
      }
      if (sign !== '\\') {
        at++
        continue
      }
      parts.push(text.slice(from, at))
      const [meant, length] = readEscape(at)
      parts.push(meant)
      at += length
      from = at
    }
    endless.set(quote, begin)
    at = begin // What looked like text may hold whole objects.
    return stop
  }

  /** A quotation mark that teachers forgot to escape is followed by text, one that ends a string by JSON. */
  function endsString(after: number): boolean {
    let next = after
    while (next < text.length && next < after + 200 && /\s/.test(text[next]!)) next++
    const sign = text[next]
    if (sign === undefined || sign === '}' || sign === ']' || sign === ':' || sign === ',') return true
    return next > after && (sign === '"' || sign === "'" || sign === '{' || sign === '/') // A comma is missing.
  }

  function readEscape(begin: number): readonly [string, number] {
    const sign = text[begin + 1]
    if (sign === undefined) return ['', 1]
    if (sign === 'u') {
      const digits = text.slice(begin + 2, begin + 6)
      return /^[\da-f]{4}$/i.test(digits) ? [String.fromCharCode(Number.parseInt(digits, 16)), 6] : ['u', 2]
    }
    return [escapes[sign] ?? sign, 2]
  }

  function readWord(): Value {
    const bare = /[^\s,:{}[\]"']{1,200}/uy
    bare.lastIndex = at
    const word = bare.exec(text)?.[0]
    if (word === undefined) return stop
    at += word.length
    if (word in words) return words[word as keyof typeof words]
    const number = Number(word)
    return Number.isNaN(number) ? stop : number
  }

  while (at < text.length) {
    const begin = text.indexOf('{', at)
    if (begin < 0) break
    at = begin
    // Where an object breaks off, the search goes on there: objects inside it that were complete are read already.
    if (readObject(0) === stop) at = Math.max(at, begin + 1)
  }
  return { objects, broken }
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', b: '\b', f: '\f' }
const words = {
  true: true,
  True: true,
  false: false,
  False: false,
  null: null,
  None: null,
  NaN: null,
  Infinity: null,
  '-Infinity': null,
  undefined: null,
} as const
