/** A fenced block of a page. What follows the language in its first line says how it is checked; readers never see it. */
export type Block = {
  readonly file: string
  /** Of its first line of code, counted from 1. */
  readonly line: number
  readonly language: string
  readonly marks: Readonly<Record<string, string>>
  readonly code: string
  /** For a `text` block that stands directly under another block: what that one prints. */
  readonly isOutputOf?: Block | undefined
}

export type Problem = { readonly file: string; readonly line: number; readonly message: string }

const known: Readonly<Record<string, readonly string[]>> = {
  check: ['no', 'syntax', 'types', 'full', 'background'],
  reason: [],
  exit: [],
  until: [],
  file: [],
}

/** Marks that leave something out; each needs a `reason`. */
const leavesOut = new Set(['no', 'syntax', 'types'])

/**
 * Every fenced block of a page in order. Marks stand in braces behind the language: ```` ```sh {check=no reason="needs a GPU"} ````.
 * `check`: `no` (not at all), `syntax` (yaml, json: it is no configuration of ours), `types` (ts: not run), `full` (only in `npm run test:full`), `background`
 * (sh: goes on until the page ends; `until` is what it says when it is ready). `exit`: the exit code that is right. `file`: the name under which the page's later blocks find it.
 */
export function readBlocks(file: string, markdown: string): { readonly blocks: readonly Block[]; readonly problems: readonly Problem[] } {
  const lines = markdown.split('\n')
  const blocks: Block[] = []
  const problems: Problem[] = []
  let lastEnd = -2
  for (let i = 0; i < lines.length; i++) {
    const [, indent, fence, info] = /^( *)(`{3,}|~{3,})(.*)$/.exec(lines[i]!) ?? []
    if (fence === undefined) continue
    const first = i + 1
    while (++i < lines.length && !(lines[i]!.trim().startsWith(fence) && lines[i]!.trim().replaceAll(fence[0]!, '') === ''));
    const [, language = '', rest = ''] = /^\s*([\w-]*)\s*(.*)$/.exec(info!)!
    const { marks, problem } = readMarks(rest, language)
    if (problem !== undefined) problems.push({ file, line: first, message: problem })
    const code = lines.slice(first, i).map((line) => line.slice(Math.min(indent!.length, line.length - line.trimStart().length)))
    const before = blocks.at(-1)
    const adjoins = language === 'text' && before !== undefined && lines.slice(lastEnd + 1, first - 1).every((line) => line.trim() === '')
    const isOutputOf = adjoins && (before.language === 'sh' || before.language === 'ts') ? before : undefined
    blocks.push({ file, line: first + 1, language, marks, code: code.map((line) => `${line}\n`).join(''), isOutputOf })
    lastEnd = i
  }
  return { blocks, problems }
}

function readMarks(text: string, language: string): { readonly marks: Record<string, string>; readonly problem?: string } {
  if (language === '') return { marks: {}, problem: 'a block needs a language: sh, ts, yaml, json, python, or text for what is none' }
  if (!['sh', 'ts', 'yaml', 'json', 'python', 'text'].includes(language) && !text.includes('check=no'))
    return { marks: {}, problem: `nothing checks “${language}”: use sh, ts, yaml, json, python or text, or mark it {check=no reason="…"}` }
  if (text.trim() === '') return { marks: {} }
  const inner = /^\{(.*)\}$/.exec(text.trim())?.[1]
  if (inner === undefined) return { marks: {}, problem: `expected {name=value …} after the language; got “${text}”` }
  const marks: Record<string, string> = {}
  const unread = inner.replace(/([\w-]+)=(?:"([^"]*)"|(\S+))/g, (_, name: string, quoted: string | undefined, bare: string | undefined) => {
    marks[name] = quoted ?? bare ?? ''
    return ''
  })
  const wrong = Object.entries(marks).find(([name, value]) => known[name] === undefined || (known[name].length > 0 && !known[name].includes(value)))
  if (unread.trim() !== '' || wrong !== undefined)
    return {
      marks,
      problem: `unknown mark “${wrong?.join('=') ?? unread.trim()}”: there are ${Object.keys(known).join(', ')}; check is ${known.check!.join(', ')}`,
    }
  if (leavesOut.has(marks.check ?? '') && !marks.reason) return { marks, problem: `check=${marks.check} needs a reason="…"` }
  return { marks }
}
