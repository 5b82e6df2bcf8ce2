import { type BatchFact, type Fact, type FactColumns, type FactKind, type FactOf, factKinds, type Ledger, type Recorded } from '@sedi/spec'
import { totalsOf } from '../../facts/counters.ts'
import { isJson, snakeCase } from '../../facts/tables.ts'
import { scoreOf } from './derived.ts'
import { decodeRow, readText, type Shapes, storedValue, written } from './fact-rows.ts'
import { countersOf } from './record.ts'
import type { Queries, Row } from './server.ts'

export type LedgerReader = Pick<Ledger, 'find' | 'scan' | 'at' | 'columns' | 'facts' | 'last' | 'totals' | 'scores' | 'offspring' | 'batchesOf' | 'digest'>

/** Rows read at once by `scan`. */
const pageSize = 500
/** Rows read at once by `columns`. */
const columnsPageSize = 4000
/** Facts read at once by `facts`. */
const factsPageSize = 2000

/** What a ledger tells, each answer over whatever connection is free. Facts are seen in the order of their numbers: see `recordGroup`. */
export function createReader(queries: Queries, run: number, shapes: Shapes): LedgerReader {
  async function select(kind: FactKind, where: Readonly<Record<string, unknown>>, after: number, limit: number | undefined): Promise<Recorded<Fact>[]> {
    const values: unknown[] = [run, after]
    const clause = Object.entries(where)
      .filter(([field]) => field !== 'kind')
      .map(([field, value]) => {
        const column = `"${snakeCase(field)}"`
        if (value === null || value === undefined) return ` AND ${column} IS NULL`
        values.push(written(storedValue(kind, field, value)))
        return ` AND ${column} = $${values.length}`
      })
      .join('')
    const end = limit === undefined ? '' : ` LIMIT ${limit}`
    const { rows } = await queries.query(`SELECT * FROM "${snakeCase(kind)}" WHERE run = $1 AND seq > $2${clause} ORDER BY seq${end}`, values)
    return rows.map((row) => decodeRow(kind, row, shapes.get(kind)!))
  }

  async function head(): Promise<Row> {
    return (await queries.query('SELECT digest, counters FROM head WHERE run = $1', [run])).rows[0]!
  }

  return {
    find: async <K extends FactKind>(kind: K, where: Partial<FactOf<K>> = {}) => (await select(kind, where, 0, undefined)) as Recorded<FactOf<K>>[],
    async *scan<K extends FactKind>(kind: K, where: Partial<FactOf<K>> = {}, after = 0) {
      for (let seen = after; ; ) {
        const page = (await select(kind, where, seen, pageSize)) as Recorded<FactOf<K>>[]
        yield* page
        if (page.length < pageSize) return
        seen = page.at(-1)!.seq
      }
    },
    async at<K extends FactKind>(kind: K, seqs: readonly number[]) {
      const { rows } = await queries.query(`SELECT * FROM "${snakeCase(kind)}" WHERE run = $1 AND seq = ANY ($2::BIGINT[])`, [run, [...seqs]])
      const found = new Map(rows.map((row) => [Number(row.seq), decodeRow(kind, row, shapes.get(kind)!) as Recorded<FactOf<K>>]))
      return seqs.flatMap((seq) => found.get(seq) ?? [])
    },
    async *columns<K extends FactKind, F extends keyof FactOf<K>>(kind: K, fields: readonly F[], after = 0) {
      const names = fields.map(String)
      const columns = ['seq', ...names.map(snakeCase)].map((column) => `"${column}"`).join(', ')
      const query = `SELECT ${columns} FROM "${snakeCase(kind)}" WHERE run = $1 AND seq > $2 ORDER BY seq LIMIT ${columnsPageSize}`
      for (let seen = after; ; ) {
        const { rows } = await queries.query(query, [run, seen])
        const page = rows.map((row) => {
          const values = names.map((name) => [name, fieldValue(kind, name, row[snakeCase(name)] ?? null)])
          return { seq: Number(row.seq), ...Object.fromEntries(values) } as FactColumns<FactOf<K>, F>
        })
        if (page.length > 0) yield page
        if (page.length < columnsPageSize) return
        seen = page.at(-1)!.seq
      }
    },
    facts: (after) => readFacts(queries, run, shapes, undefined, after),
    last: () => lastSeq(queries, run),
    totals: async () => totalsOf(countersOf((await head()).counters)),
    async scores() {
      const order = 'ORDER BY round, evaluator COLLATE "C", "group" COLLATE "C"'
      return (await queries.query(`SELECT * FROM eval_score WHERE run = $1 ${order}`, [run])).rows.map(scoreOf)
    },
    async offspring(seedId) {
      const row = (await queries.query('SELECT * FROM seed_offspring WHERE run = $1 AND seed_id = $2', [run, written(seedId)])).rows[0]
      if (row === undefined) return { children: 0, kept: 0, meanGradNorm: null }
      const signals = Number(row.signals)
      return { children: Number(row.children), kept: Number(row.kept), meanGradNorm: signals === 0 ? null : Number(row.signal_total) / signals }
    },
    async batchesOf(exampleId) {
      const query = 'SELECT batch.* FROM example_step JOIN batch USING (run, step) WHERE run = $1 AND example_id = $2 ORDER BY step'
      const { rows } = await queries.query(query, [run, written(exampleId)])
      return rows.map((row) => decodeRow('batch', row, shapes.get('batch')!) as Recorded<BatchFact>)
    },
    digest: async () => String((await head()).digest),
  }
}

function fieldValue(kind: FactKind, field: string, value: Row[string]): unknown {
  if (typeof value !== 'string') return value
  return isJson(kind, field) ? JSON.parse(value) : readText(value)
}

/** Every fact after a number, in order of recording, up to the last one at the beginning. Rows whose checksum does not fit go to `onDamage`, or throw `storage` without it. */
export async function* readFacts(
  queries: Queries,
  run: number,
  shapes: Shapes,
  onDamage?: (error: unknown, kind: FactKind, seq: number) => void,
  after = 0,
): AsyncGenerator<Recorded<Fact>> {
  const last = await lastSeq(queries, run)
  for (let from = after; from < last; from += factsPageSize) {
    const page: Recorded<Fact>[] = []
    for (const kind of factKinds) {
      const { rows } = await queries.query(`SELECT * FROM "${snakeCase(kind)}" WHERE run = $1 AND seq > $2 AND seq <= $3`, [
        run,
        from,
        Math.min(from + factsPageSize, last),
      ])
      for (const row of rows) {
        try {
          page.push(decodeRow(kind, row, shapes.get(kind)!))
        } catch (error) {
          if (onDamage === undefined) throw error
          onDamage(error, kind, Number(row.seq))
        }
      }
    }
    yield* page.sort((a, b) => a.seq - b.seq)
  }
}

/** How many facts are recorded: sequence numbers have no gaps. */
export async function lastSeq(queries: Queries, run: number): Promise<number> {
  return Number((await queries.query('SELECT last_seq FROM head WHERE run = $1', [run])).rows[0]?.last_seq ?? 0)
}
