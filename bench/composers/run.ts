import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import {
  type BatchComposer,
  type ComposedBatch,
  type ComposerInput,
  type ConflictGraph,
  composers,
  conflictGraph,
  createRng,
  kMeans,
  lexicalEmbeddings,
  limitConflicts,
} from '@sedi/core'
import { createCorpus } from '../similarity/corpora.ts'
import { commit, machine } from '../similarity/environment.ts'
import { describeCount, describeSpread, markdownTable } from '../similarity/report.ts'
import { describeBatches } from './describe-batches.ts'

const usage = `npm run bench -- composers [options]
  --sizes 10000,52000   generated instructions, unfiltered: 72 % are edits of an earlier one
  --batch-size 128
  --threshold 0.7       ROUGE-L F above which two conflict
  --composers a,b       of ${Object.keys(composers).join(', ')}; default: all
  --repeats 3           of every timed figure, each with another random seed
  --out FILE            write the report there as well`

/** Prints a report in Markdown: what each composer costs for one epoch and how alike its batches are, without and with the conflict limit. */
export async function runComposers(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      sizes: { type: 'string', default: '10000,52000' },
      'batch-size': { type: 'string', default: '128' },
      threshold: { type: 'string', default: '0.7' },
      composers: { type: 'string', default: Object.keys(composers).join(',') },
      repeats: { type: 'string', default: '3' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const chosen = values.composers.split(',').map((id) => composers[id as keyof typeof composers])
  if (chosen.includes(undefined as never)) throw new Error(`--composers: expected some of ${Object.keys(composers).join(', ')}; got ${values.composers}.`)
  const setting = { batchSize: Number(values['batch-size']), threshold: Number(values.threshold), repeats: Number(values.repeats) }
  const parts = [
    `# Composers bench, ${new Date().toISOString().slice(0, 10)}`,
    `Commit ${commit()}. ${machine()}. Node ${process.version}.`,
    `Command: \`npm run bench -- composers ${args.join(' ')}\``,
    `One epoch in batches of ${setting.batchSize}; seconds of wall time, one process. Similarities over up to 100 batches spread over the epoch; conflicts over all.`,
  ]
  for (const size of values.sizes.split(',')) parts.push(section(Number(size), chosen, setting))
  const report = parts.join('\n\n')
  console.log(report)
  if (values.out === undefined) return
  mkdirSync(dirname(values.out), { recursive: true })
  writeFileSync(values.out, `${report}\n`)
}

type Setting = { readonly batchSize: number; readonly threshold: number; readonly repeats: number }

function section(count: number, chosen: readonly BatchComposer[], { batchSize, threshold, repeats }: Setting): string {
  const texts = JSON.parse(JSON.stringify([...createCorpus('instructions', count)])) as string[]
  const graph = timed(() => conflictGraph(texts, threshold))
  const withRows = chosen.some(({ needs }) => needs.embeddings || needs.clusters)
  const rows = timed(() => (withRows ? lexicalEmbeddings(texts) : undefined))
  const clusters = timed(() =>
    chosen.some(({ needs }) => needs.clusters) ? kMeans(rows.value!, batchSize, { rng: createRng(1, 'cluster') }).assignments : undefined,
  )
  const lines = chosen.flatMap((composer) =>
    [undefined, graph.value].map((conflicts) => {
      console.error(`${count}: ${composer.id}${conflicts === undefined ? '' : ', limited'}…`)
      const input = { count, batchSize, clusterOf: clusters.value, embeddings: rows.value, conflicts }
      const runs = Array.from({ length: repeats }, (_, seed) => timed(() => oneEpoch(composer, input, seed)))
      const { meanCosine, largestCosine, meanRouge, conflicts: left, batchesInConflict } = describeBatches(runs[0]!.value, texts, rows.value, graph.value)
      return [
        composer.id + (conflicts === undefined ? '' : ', limited'),
        describeSpread(runs.map(({ seconds }) => seconds)),
        describeCosine(meanCosine, 4),
        describeCosine(largestCosine, 3),
        meanRouge.toFixed(4),
        describeCount(left),
        `${describeCount(batchesInConflict)} of ${describeCount(runs[0]!.value.length)}`,
      ]
    }),
  )
  return [
    `## ${describeCount(count)} instructions`,
    `Made before: conflict graph ${graph.seconds.toFixed(2)} s (${graph.cpuSeconds.toFixed(2)} s of CPU; ${describeCount(graph.value.neighbours.length / 2)} pairs above ${threshold}, at most ${graph.value.largestDegree} of one instruction, ${Math.floor(count / batchSize)} full batches)` +
      (withRows ? `; lexical embeddings of 256 ${rows.seconds.toFixed(2)} s` : '') +
      (clusters.value === undefined ? '.' : `; k-means ${clusters.seconds.toFixed(1)} s.`),
    markdownTable(['composer', 'seconds', 'mean cosine', 'largest cosine of a batch, mean', 'mean ROUGE-L', 'conflicts', 'batches with one'], lines),
  ].join('\n\n')
}

function oneEpoch(
  composer: BatchComposer,
  input: Omit<ComposerInput, 'rng'> & { readonly conflicts: ConflictGraph | undefined },
  seed: number,
): ComposedBatch[] {
  const composed = composer.batches({ ...input, rng: createRng(seed, 'compose') })
  const limited = input.conflicts === undefined ? composed : limitConflicts(composed, input.conflicts, createRng(seed, 'limit-conflicts'))
  const taken: ComposedBatch[] = []
  for (const batch of limited) {
    taken.push(batch)
    if (taken.length === Math.ceil(input.count / input.batchSize)) break
  }
  return taken
}

const describeCosine = (cosine: number, digits: number): string => (Number.isNaN(cosine) ? '–' : cosine.toFixed(digits))

function timed<Value>(make: () => Value): { readonly value: Value; readonly seconds: number; readonly cpuSeconds: number } {
  const [before, cpu] = [performance.now(), process.cpuUsage()]
  const value = make()
  const seconds = (performance.now() - before) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { value, seconds, cpuSeconds: (user + system) / 1e6 }
}
