/**
 * What a column of rows holds. Only formats with typed columns look at it; rows are written as they are otherwise.
 * `{ list: { role: 'string' } }` is a list of structs, as `datasets` and pyarrow read it: `list<struct<role: string>>`.
 */
export type ColumnType = 'string' | 'int' | 'float' | { readonly list: 'string' | Readonly<Record<string, 'string'>> }

/** The columns of rows, in order. A row may lack a value (null) in any of them. */
export type Columns = Readonly<Record<string, ColumnType>>
