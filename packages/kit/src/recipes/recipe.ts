/** Named defaults: a partial configuration under everything a user writes. One file in `recipes/` exports one of these; `id` is the file's name. */
export type Recipe = {
  readonly id: string
  /** As reports call it. */
  readonly title: string
  readonly source: string
  readonly defaults: Readonly<Record<string, unknown>>
}
