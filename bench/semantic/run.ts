import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { createSemanticIndex, type SemanticIndex, wordPartEmbedding } from '@sedi/core'
// Not through the package: its registry would load every adapter, and their time is not measured here.
import { loadUsearchNeighbours } from '@sedi/kit'
import { createCorpus } from '../similarity/corpora.ts'
import { commit, machine } from '../similarity/environment.ts'
import { describeCount, markdownTable } from '../similarity/report.ts'

const usage = `npm run bench -- semantic [options]
  --sizes 20000,100000   rows in the index: word-parts embeddings of generated instructions, 72 % edits of an earlier one
  --dimensions 256
  --queries 500          the next texts of the same stream
  --thresholds 0.8,0.9
  --out FILE             write the report there as well`

/** Prints a report in Markdown: what the exact index and the approximate one cost, and what the approximate one finds of what is there. */
export async function runSemantic(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string', default: '20000,100000' },
      dimensions: { type: 'string', default: '256' },
      queries: { type: 'string', default: '500' },
      thresholds: { type: 'string', default: '0.8,0.9' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const thresholds = values.thresholds.split(',').map(Number)
  const lines: string[][] = []
  for (const size of values.sizes.split(',').map(Number)) {
    console.error(`${size}…`)
    lines.push(...(await measure(size, Number(values.dimensions), Number(values.queries), thresholds)))
  }
  const report = [
    `# Semantic index bench, ${new Date().toISOString().slice(0, 10)}`,
    `Commit ${commit()}. ${machine()}. Node ${process.version}, usearch 2.26.2 (HNSW, M 16, ef 128 and 128, one thread).`,
    `Command: \`npm run bench -- semantic ${args.join(' ')}\``,
    `Rows of ${values.dimensions} values, made by \`word-parts\` from generated instructions; ${values.queries} further ones of the same stream are asked about. Milliseconds of CPU per row, one run.
“Found”: of the rows that have an earlier one above the threshold, those for which the approximate index says so, with 64 proposals compared exactly; “the nearest”: those
for which it names the one the exact index names. What it does not find would be kept although it should have been rejected; the other way round cannot happen.`,
    markdownTable(
      ['rows', 'threshold', 'exact: judge', 'exact, nearest of novel rows too', 'usearch: add', 'usearch: judge', 'similar rows', 'found', 'the nearest'],
      lines,
    ),
  ].join('\n\n')
  console.log(report)
  if (values.out === undefined) return
  mkdirSync(dirname(values.out), { recursive: true })
  writeFileSync(values.out, `${report}\n`)
}

async function measure(size: number, dimensions: number, queries: number, thresholds: readonly number[]): Promise<string[][]> {
  const rows = Array.from(createCorpus('instructions', size + queries), (text) => wordPartEmbedding(text, dimensions))
  const asked = rows.splice(size)
  const search = await loadUsearchNeighbours()
  const [exact, always, approximate] = [createSemanticIndex({ nearest: 'rejected' }), createSemanticIndex(), createSemanticIndex({ search, exactUpTo: 0 })]
  for (const index of [exact, always]) for (const row of rows) index.add(row)
  const added = timed(() => rows.forEach((row) => void approximate.add(row)))
  return thresholds.map((threshold) => {
    const judge = (index: SemanticIndex) => timed(() => asked.map((row) => index.judge(row, threshold)))
    const [plain, full, graph] = [judge(exact), judge(always), judge(approximate)]
    const similar = plain.value.flatMap(({ novel }, i) => (novel ? [] : [i]))
    const found = similar.filter((i) => !graph.value[i]!.novel).length
    const same = similar.filter((i) => graph.value[i]!.nearest?.entry === plain.value[i]!.nearest!.entry).length
    const percent = (count: number): string => `${((100 * count) / similar.length).toFixed(1)} %`
    const perQuery = ({ ms }: { readonly ms: number }): string => (ms / queries).toFixed(2)
    return [
      describeCount(size),
      String(threshold),
      perQuery(plain),
      perQuery(full),
      (added.ms / size).toFixed(2),
      perQuery(graph),
      `${similar.length} of ${queries}`,
      percent(found),
      percent(same),
    ]
  })
}

/** CPU time: wall time says little on a machine that others use, too. */
function timed<Value>(make: () => Value): { readonly value: Value; readonly ms: number } {
  const before = process.cpuUsage()
  const value = make()
  const { user, system } = process.cpuUsage(before)
  return { value, ms: (user + system) / 1000 }
}
