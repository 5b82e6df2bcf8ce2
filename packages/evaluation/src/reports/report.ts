/** A report as content, to be written as HTML, Markdown or plain text. Texts are plain: what looks like markup is shown as it is. */
export type Report = {
  readonly title: string
  /** Under the title: of what, when, by whom. */
  readonly subtitle?: string | undefined
  readonly parts: readonly ReportPart[]
}

export type ReportPart =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'subheading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** A sentence that may be taken out of the report. */
  | { readonly kind: 'quote'; readonly text: string }
  /** What to see first: a value each, its name and what it means. */
  | { readonly kind: 'figures'; readonly items: readonly Figure[] }
  /** The first row is the heading; the first column is words, the others are figures but for the columns named in `words`. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[]; readonly words?: readonly number[] | undefined }
  /** Texts to be read: tasks, answers. */
  | { readonly kind: 'cards'; readonly items: readonly Card[] }
  /** Words and what they mean. */
  | { readonly kind: 'terms'; readonly items: readonly (readonly [term: string, meaning: string])[] }
  /** `name` is that of its file beside a Markdown report; `alt` says what it shows. */
  | { readonly kind: 'plot'; readonly name: string; readonly alt: string; readonly svg: string }

export type Figure = { readonly name: string; readonly value: string; readonly meaning: string }

/** Some texts under a heading, each with a word for what it is, and a remark below. */
export type Card = { readonly heading: string; readonly texts: readonly (readonly [label: string, text: string])[]; readonly remark: string }
