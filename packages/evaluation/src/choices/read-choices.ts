import { type Sample, SediError } from '@sedi/spec'

/** The options of a question as the texts that the student may answer with, and which of them is right. */
export type Choices = {
  readonly completions: readonly string[]
  /** Index of the right one. */
  readonly right: number
}

// “A) Lisbon”, “(b) Porto”, “C. Faro”, “1) Braga”: a mark and an option, one a line.
const optionLine = /^[ \t]*\(?([A-Za-z]|\d{1,2})[).:][ \t]+(\S.*?)[ \t]*$/gm

/**
 * Reads what there is to choose from: the item's own `choices`, else the marked lines of its prompt.
 *
 * The reference names the right one by its text or by its mark. With `choices` the answers compared are always the options' texts. With
 * marked lines they are what the reference is: marks when it is a mark (`B`, as MMLU is asked), texts when it is a text. A text that
 * is also a mark counts as the text.
 *
 * Throws `invalid-input`, naming the item, when there are fewer than two options, two equal ones, or none that is the reference.
 */
export function readChoices(sample: Sample): Choices {
  const { id, choices, prompt, reference } = sample
  if (reference === undefined) throw new SediError('invalid-input', `multiple-choice needs to know the right option; test item ${id} has no reference.`)
  const lines = choices === undefined ? markedLines(prompt) : choices.map((text, i) => ({ mark: String.fromCharCode(65 + i), text }))
  const texts = lines.map(({ text }) => text)
  if (texts.length < 2)
    throw new SediError(
      'invalid-input',
      `Expected at least two options in test item ${id}, as “choices” or as lines “A) …” of its prompt; got ${texts.length}.`,
    )
  if (new Set(texts).size < texts.length) throw new SediError('invalid-input', `Two options of test item ${id} are the same: ${texts.join(' | ')}.`)
  const byText = texts.indexOf(reference.trim())
  if (byText >= 0) return { completions: texts, right: byText }
  const mark = /^\(?([A-Za-z]|\d{1,2})[).:]?$/.exec(reference.trim())?.[1]?.toUpperCase()
  const byMark = lines.findIndex((line) => line.mark.toUpperCase() === mark)
  if (byMark < 0)
    throw new SediError(
      'invalid-input',
      `The reference of test item ${id} is none of its options: expected one of ${texts.join(' | ')}, or its mark; got ${reference}.`,
    )
  return choices === undefined ? { completions: lines.map((line) => line.mark), right: byMark } : { completions: texts, right: byMark }
}

/** The last run of marks that count on from A, a or 1: a numbered text before the options is none of them. */
function markedLines(prompt: string): { readonly mark: string; readonly text: string }[] {
  let run: { readonly mark: string; readonly text: string }[] = []
  for (const [, mark, text] of prompt.matchAll(optionLine)) {
    if (/^[Aa1]$/.test(mark!)) run = []
    else if (run.length === 0 || mark !== next(run.at(-1)!.mark)) continue
    run.push({ mark: mark!, text: text! })
  }
  return run
}

const next = (mark: string): string => (/\d/.test(mark) ? String(Number(mark) + 1) : String.fromCharCode(mark.charCodeAt(0) + 1))
