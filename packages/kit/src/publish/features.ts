import type { Columns, ColumnType } from '@sedi/store'

const dtypes = { string: 'string', int: 'int64', float: 'float64' } as const

/** Columns as `dataset_info.features` of a data card has them, which `datasets` then checks the data against. */
export const featuresOf = (columns: Columns): object[] => Object.entries(columns).map(([name, type]) => ({ name, ...featureOf(type) }))

function featureOf(type: ColumnType): object {
  if (typeof type === 'string') return { dtype: dtypes[type] }
  if (type.list === 'string') return { list: 'string' }
  return { list: Object.keys(type.list).map((name) => ({ name, dtype: 'string' })) }
}

/** Bytes of a row in Arrow's layout, in which `num_bytes` is counted: texts with 4 bytes for their end, numbers with 8, lists with 4. Bitmaps of missing values are left out. */
export function arrowBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value) + 4
  if (Array.isArray(value)) return value.reduce((sum: number, one) => sum + arrowBytes(one), 4)
  if (typeof value === 'object' && value !== null) return Object.values(value).reduce((sum: number, one) => sum + arrowBytes(one), 0)
  return 8
}
