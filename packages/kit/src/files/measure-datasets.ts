import {
  clusterSpread,
  createRng,
  distinctN,
  drawSubsamples,
  duplicateProfile,
  type Estimate,
  kMeans,
  lengthProfile,
  lexicalEmbeddings,
  localDensities,
  meanAndSd,
  mtld,
  novelSum,
  selfBleu,
  tokenizeRouge,
  vendiScoreOfRows,
} from '@sedi/core'
import { loadVerbNounParser, type VerbNoun, verbNounProfile } from '@sedi/evaluation'
import { type Issue, type Ledger, SediError } from '@sedi/spec'
import { readTexts } from '../inputs/read-texts.ts'

export type Dataset = { readonly name: string; readonly texts: readonly string[] }

export type MeasureOptions = {
  /** Texts in each subsample. @default 200, or half of the smallest data set when that is less */
  readonly size?: number | undefined
  /** Subsamples of each data set. @default 20 */
  readonly repetitions?: number | undefined
  /** @default 1 */
  readonly randomSeed?: number | undefined
}

export type DatasetMetrics = {
  readonly size: number
  readonly repetitions: number
  readonly randomSeed: number
  /** Rows behind clusters and densities, from all data sets alike; the clusters found in them. */
  readonly reference: { readonly rows: number; readonly clusters: number; readonly embedding: 'lexical' }
  readonly datasets: readonly { readonly name: string; readonly rows: number; readonly metrics: Readonly<Record<MetricName, Estimate>> }[]
}

/** The texts of a data file, or the kept instructions of a run. Broken rows of a file are left out and named in `issues`. */
export async function readDataset(
  name: string,
  source: { readonly file: string; readonly field?: string | undefined } | { readonly ledger: Ledger },
): Promise<Dataset & { readonly issues: readonly Issue[] }> {
  const issues: Issue[] = []
  const texts: string[] = []
  if ('file' in source) for await (const { text } of readTexts(source.file, source.field ?? 'instruction', issues)) texts.push(text)
  else for await (const { instruction } of source.ledger.scan('candidate', { verdict: 'kept' })) texts.push(instruction)
  return { name, texts, issues }
}

/** What is measured, and how to read it. */
export const metricDescriptions = {
  vendi: 'Vendi score, effective number of different texts (cosine of lexical embeddings); higher is more varied',
  novelSum: 'NovelSum over the same embeddings; higher is more varied',
  effectiveClusters: 'exp of the entropy over the shared clusters; higher is more even',
  clusterEntropy: 'that entropy, in nats',
  inertia: 'sum of squared distances to the shared cluster centres',
  distinct1: 'different words / words; higher is more varied',
  distinct2: 'different word pairs / word pairs; higher is more varied',
  selfBleu: 'Self-BLEU-4 of each text against the others; lower is more varied',
  mtld: 'MTLD of the texts one after another, in words; higher is more varied',
  verbNounPairs: 'different root verb–noun pairs',
  verbNounEntropy: 'entropy over those pairs, in nats',
  verbNounTop20: 'share of the 20 most frequent pairs',
  verbNounFound: 'share of texts with a pair',
  words: 'words per text',
  wordsSd: 'their standard deviation',
  wordsP5: 'their 5th percentile',
  wordsMedian: 'their median',
  wordsP95: 'their 95th percentile',
  exactDuplicates: 'share of texts that repeat an earlier one to the character',
  sameWords: 'share of texts with the words of an earlier one',
  nearestRougeL: 'mean ROUGE-L F to the nearest other text; lower is more varied',
  above70: 'share of texts whose nearest other text is above 0.7',
  above85: 'share of texts whose nearest other text is above 0.85',
} as const

export type MetricName = keyof typeof metricDescriptions

// Rows behind clusters and densities, over all data sets; more changes little and costs as much again.
const referenceRows = 1000
const clusterCount = 20

/**
 * Diversity, length and duplicates of data sets, each as mean and standard deviation over equal-size random subsamples.
 *
 * Nearly all of these depend on how many texts are looked at: only figures of equal `size` compare. What else they need is shared by all data
 * sets of one call and drawn from them in equal parts: embedding weights, the clustering, the reference set behind NovelSum. So measure in one
 * call what is to be compared. The spread is that of drawing texts, not of making the data set again.
 * Words are rouge_score's. Texts that are longer, or in other scripts, are measured by what it reads of them.
 * Cost: about 7 s of one core per data set of thousands at the default size; apart from reading, independent of the number of texts.
 *
 * Throws `invalid-input` for a data set without texts, `invalid-config` for a size that one of them does not have.
 */
export async function measureDatasets(datasets: readonly Dataset[], options: MeasureOptions = {}): Promise<DatasetMetrics> {
  const { repetitions = 20, randomSeed = 1 } = options
  const size = options.size ?? Math.max(1, Math.min(200, ...datasets.map(({ texts }) => Math.floor(texts.length / 2))))
  checkSizes(datasets, size)
  const parseVerbNoun = await loadVerbNounParser()
  const draws = datasets.map(({ texts }) => drawSubsamples(texts.length, { size, repetitions, rng: createRng(randomSeed, 'subsamples') }))

  // One row each for the reference and for every text that is drawn at all, embedded together.
  const share = Math.min(Math.ceil(referenceRows / datasets.length), ...datasets.map(({ texts }) => texts.length))
  const references = datasets.flatMap(({ texts }) => createRng(randomSeed, 'reference').sample(texts, share))
  const drawn = datasets.map(({ texts }, i) => [...new Set(draws[i]!.flatMap((sample) => [...sample]))].map((item) => ({ item, text: texts[item]! })))
  const rows = lexicalEmbeddings([...references, ...drawn.flat().map(({ text }) => text)])
  const known = rows.slice(0, references.length)
  const { centroids } = kMeans(known, clusterCount, { rng: createRng(randomSeed, 'clusters') })

  let next = known.length
  const measured = datasets.map(({ name, texts }, i) => {
    const own = rows.slice(next, next + drawn[i]!.length)
    next += own.length
    const densities = localDensities(own, known)
    const ofItem = new Map<number, Prepared>()
    drawn[i]!.forEach(({ item, text }, at) => {
      ofItem.set(item, { text, row: own[at]!, density: densities[at]!, words: tokenizeRouge(text), verbNoun: parseVerbNoun(text) })
    })
    const values = draws[i]!.map((sample) =>
      measure(
        Array.from(sample, (item) => ofItem.get(item)!),
        centroids,
      ),
    )
    return { name, rows: texts.length, metrics: estimates(values) }
  })
  const clusters = centroids.length / rows[0]!.length
  return { size, repetitions, randomSeed, reference: { rows: known.length, clusters, embedding: 'lexical' }, datasets: measured }
}

function checkSizes(datasets: readonly Dataset[], size: number): void {
  for (const { name, texts } of datasets) {
    if (texts.length === 0) throw new SediError('invalid-input', `There is nothing to measure in ${name}: expected at least one text.`)
    if (!Number.isInteger(size) || size < 1 || size > texts.length)
      throw new SediError('invalid-config', `--size: expected a whole number from 1 to ${texts.length}, the texts in ${name}; got ${size}.`)
  }
}

type Prepared = {
  readonly text: string
  readonly words: readonly string[]
  readonly row: Float32Array
  readonly density: number
  readonly verbNoun: VerbNoun | null
}

function measure(sample: readonly Prepared[], centroids: Float32Array): Record<MetricName, number> {
  const words = sample.map((one) => one.words)
  const rows = sample.map(({ row }) => row)
  const lengths = lengthProfile(words.map(({ length }) => length))
  const spread = clusterSpread(rows, centroids)
  const pairs = verbNounProfile(sample.map(({ verbNoun }) => verbNoun))
  const duplicates = duplicateProfile(
    sample.map(({ text }) => text),
    [0.7, 0.85],
  )
  return {
    vendi: vendiScoreOfRows(rows),
    novelSum: novelSum(
      rows,
      sample.map(({ density }) => density),
    ),
    effectiveClusters: spread.effectiveClusters,
    clusterEntropy: spread.entropy,
    inertia: spread.inertia,
    distinct1: distinctN(words, 1),
    distinct2: distinctN(words, 2),
    selfBleu: selfBleu(words),
    mtld: mtld(words.flat()),
    verbNounPairs: pairs.pairs,
    verbNounEntropy: pairs.entropy,
    verbNounTop20: pairs.top20,
    verbNounFound: pairs.found,
    words: lengths.mean,
    wordsSd: lengths.sd,
    wordsP5: lengths.p5,
    wordsMedian: lengths.median,
    wordsP95: lengths.p95,
    exactDuplicates: duplicates.exact,
    sameWords: duplicates.sameWords,
    nearestRougeL: duplicates.meanNearest,
    above70: duplicates.above[0]!,
    above85: duplicates.above[1]!,
  }
}

function estimates(values: readonly Readonly<Record<MetricName, number>>[]): Record<MetricName, Estimate> {
  const names = Object.keys(metricDescriptions) as MetricName[]
  return Object.fromEntries(names.map((name) => [name, meanAndSd(values.map((one) => one[name]))])) as Record<MetricName, Estimate>
}
