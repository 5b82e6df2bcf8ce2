/** A report as content, to be written as HTML or Markdown. Texts are plain: what looks like markup is shown as it is. */
export type Report = { readonly title: string; readonly parts: readonly ReportPart[] }

export type ReportPart =
  | { readonly kind: 'heading'; readonly text: string }
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'list'; readonly items: readonly string[] }
  /** A sentence that may be taken out of the report. */
  | { readonly kind: 'quote'; readonly text: string }
  /** The first row is the heading; the first column is words, the others are figures. */
  | { readonly kind: 'table'; readonly rows: readonly (readonly string[])[] }
  /** `name` is that of its file beside a Markdown report; `alt` says what it shows. */
  | { readonly kind: 'plot'; readonly name: string; readonly alt: string; readonly svg: string }
