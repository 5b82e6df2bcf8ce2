import { numberOf, readTable } from './read-table.ts'
import { line, round, svg, text } from './svg.ts'

type Point = { readonly pool: number; readonly micros: number }
type Series = { readonly name: string; readonly colour: string; readonly points: readonly Point[]; readonly labelBelow?: boolean }

const [width, height, left, right, top, bottom] = [760, 420, 72, 150, 58, 52]
const [poolFrom, poolTo, microsFrom, microsTo] = [3e3, 1e7, 1, 1e5]
const heading = 'What deciding about one more text costs, by the size of the pool'

/** Microseconds for one text against the pool it meets, both axes logarithmic. */
export function drawCostPerCandidate(): string {
  const parts = [text(16, 26, heading, 'title'), text(16, 44, 'µs per text, one thread', 'faint')]
  for (const micros of powers(microsFrom, microsTo)) {
    parts.push(line(left, yOf(micros), width - right, yOf(micros)), text(left - 8, yOf(micros) + 4, micros.toLocaleString('en'), 'faint end'))
  }
  for (const pool of powers(1e4, poolTo)) {
    parts.push(line(xOf(pool), top, xOf(pool), height - bottom), text(xOf(pool), height - bottom + 18, pool.toLocaleString('en'), 'faint middle'))
  }
  parts.push(text((left + width - right) / 2, height - 12, 'texts kept so far', 'faint middle'))
  for (const { name, colour, points, labelBelow = false } of seriesOf()) {
    parts.push(
      `<polyline fill="none" stroke="${colour}" stroke-width="2" points="${points.map(({ pool, micros }) => `${round(xOf(pool))},${round(yOf(micros))}`).join(' ')}"/>`,
    )
    for (const { pool, micros } of points) parts.push(`<circle cx="${round(xOf(pool))}" cy="${round(yOf(micros))}" r="3.5" fill="${colour}"/>`)
    const last = points.at(-1)!
    const lines = name.split('\n')
    lines.forEach((words, i) => {
      const y = yOf(last.micros) + (labelBelow ? 18 + i * 15 : 4 + (i - (lines.length - 1) / 2) * 15)
      parts.push(text(xOf(last.pool) + (labelBelow ? -4 : 10), y, words, '', colour))
    })
  }
  return svg(width, height, heading, parts)
}

function seriesOf(): Series[] {
  const lexical = ['similarity-sizes.md', 'similarity-52K.md', 'similarity-10M.md']
    .flatMap((file) => readTable(file, ['corpus', 'kept', 'µs in the last tenth']))
    .filter(({ corpus }) => corpus === 'instructions')
    .map((row): Point => ({ pool: numberOf(row.kept), micros: numberOf(row['µs in the last tenth']) }))
    .sort((a, b) => a.pool - b.pool)
  const [rapidfuzz] = readTable('similarity-52K.md', ['corpus', 'peer', 'time']).filter(({ corpus, peer }) => corpus === 'instructions' && peer === 'rapidfuzz')
  const [own] = readTable('similarity-52K.md', ['corpus', 'kept', 'CPU']).filter(({ corpus }) => corpus === 'instructions')
  const semantic = readTable('semantic.md', ['rows', 'threshold', 'exact: judge']).filter(({ threshold }) => threshold === '0.9')
  const ofSemantic = (column: string): Point[] => semantic.map((row) => ({ pool: numberOf(row.rows), micros: 1000 * numberOf(row[column]) }))
  return [
    { name: 'ROUGE-L, exact index', colour: 'var(--a)', points: lexical },
    // Over a whole stream, the pool is half of its final size in the mean.
    {
      name: 'ROUGE-L, every pair\n(rapidfuzz)',
      colour: 'var(--d)',
      labelBelow: true,
      points: [{ pool: numberOf(own!.kept) / 2, micros: (1e6 * numberOf(rapidfuzz!.time)) / numberOf(own!.texts) }],
    },
    { name: 'cosine, exact', colour: 'var(--b)', points: ofSemantic('exact: judge') },
    { name: 'cosine, HNSW', colour: 'var(--c)', points: ofSemantic('usearch: judge') },
  ]
}

const share = (value: number, from: number, to: number): number => Math.log(value / from) / Math.log(to / from)
const xOf = (pool: number): number => left + share(pool, poolFrom, poolTo) * (width - left - right)
const yOf = (micros: number): number => height - bottom - share(micros, microsFrom, microsTo) * (height - top - bottom)

function powers(from: number, to: number): number[] {
  const found: number[] = []
  for (let value = from; value <= to * 1.001; value *= 10) found.push(value)
  return found
}
