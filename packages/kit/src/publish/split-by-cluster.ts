import { createNoveltyIndex, createRng, kMeans, lexicalEmbeddings, type TokenizerName } from '@sedi/core'
import { SediError } from '@sedi/spec'

export type SplitOptions = {
  /** Share of the texts that is for testing, above 0 and below 1. */
  readonly testShare: number
  readonly randomSeed: number
  /** Whose words are compared. @default 'rouge' */
  readonly tokenizer?: TokenizerName | undefined
}

/** How near the test texts are to the training texts: ROUGE-L F of each to the nearest of them. */
export type Nearness = { readonly highest: number; readonly mean: number; readonly above70: number }

export type ClusterSplit = {
  /** (N,) whether a text is for testing. */
  readonly isTest: readonly boolean[]
  /** (N,) cluster of each text; all texts of one are on one side. */
  readonly clusters: readonly number[]
  readonly train: number
  readonly test: number
  readonly clusterCount: number
  /** No text for testing has a ROUGE-L F above this with any text for training; 1 promises nothing. */
  readonly apart: number
  readonly nearness: Nearness
  /** The same for a random split of the same size, to compare with. */
  readonly random: Nearness
  /** What could not be had as asked for, in words. */
  readonly notes: readonly string[]
}

/** Where texts may be cut apart, from the strictest; the last one links nothing. */
const levels = [0.5, 0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 1]
/** Clusters that the test texts come from, about: fewer are further from the rest, more stand better for the whole. */
const testClusters = 8
/** How far the share of test texts may be from what was asked for, relative to it, before it is said. */
const tolerance = 0.1

/**
 * Splits texts into training and test so that whole clusters of similar texts go to one side.
 *
 * Texts that a chain of pairs above ROUGE-L F `apart` links are a family. `apart` is the lowest of 0.5, 0.55, … 1 at which no family is larger than the
 * test set, so that every text could have been drawn for it. Families are grouped into about 8 / testShare clusters by k-means over their mean lexical
 * embedding, and clusters are drawn at random until the test set is full. Every text is on exactly one side, and none of the test texts is above `apart`
 * with any training text. The same texts, options and seed give the same split.
 *
 * Cost: every text is looked up in an exact novelty index once (some seconds for ten thousand), then O(N · clusters) for the clustering.
 * Throws `invalid-input` for fewer than two texts, `invalid-config` for a share that leaves a side empty.
 */
export function splitByCluster(texts: readonly string[], { testShare, randomSeed, tokenizer = 'rouge' }: SplitOptions): ClusterSplit {
  const total = texts.length
  if (total < 2) throw new SediError('invalid-input', `A split needs at least two rows; there are ${total}.`)
  if (!(testShare > 0 && testShare < 1)) throw new SediError('invalid-config', `--test-share: expected a share above 0 and below 1, got ${testShare}.`)
  const wanted = Math.min(total - 1, Math.max(1, Math.round(total * testShare)))
  const { apart, familyOf } = findFamilies(texts, wanted, tokenizer)
  const clusters = clusterFamilies(texts, familyOf, Math.ceil(testClusters / testShare), randomSeed, wanted)
  const isTest = drawClusters(clusters, wanted, randomSeed)
  const test = isTest.filter(Boolean).length
  const shuffled = createRng(randomSeed, 'random-split').shuffle(isTest)
  return {
    isTest,
    clusters,
    train: total - test,
    test,
    clusterCount: new Set(clusters).size,
    apart,
    nearness: nearnessOf(texts, isTest, tokenizer),
    random: nearnessOf(texts, shuffled, tokenizer),
    notes: notesOf(test, wanted, apart),
  }
}

function notesOf(test: number, wanted: number, apart: number): string[] {
  const notes: string[] = []
  if (Math.abs(test - wanted) > Math.max(1, wanted * tolerance))
    notes.push(`The test set has ${test} rows instead of ${wanted}: clusters are not cut, and no choice of whole ones comes nearer.`)
  if (apart >= 0.85)
    notes.push(
      apart === 1
        ? 'Near-copies could not be kept together: too many of these texts resemble each other. The test set holds repetitions of training rows.'
        : `Only texts above ROUGE-L ${apart} were kept together: at a lower one, families of similar texts are larger than the test set.`,
    )
  return notes
}

/** Families of texts at the strictest level at which none is larger than `most`. Memory: a number per text and level, however many pairs there are. */
function findFamilies(texts: readonly string[], most: number, tokenizer: TokenizerName): { apart: number; familyOf: Int32Array } {
  const families = levels.map(() => createFamilies(texts.length))
  const index = createNoveltyIndex({ tokenizer, threshold: levels[0]! })
  texts.forEach((text, i) => {
    for (const { entry, score } of index.range(text, levels[0]!)) {
      for (let level = 0; score > levels[level]!; level++) families[level]!.join(entry, i)
    }
    index.add(text)
  })
  // The last level links nothing, so there is one.
  const level = families.findIndex(({ largest }) => largest() <= most)
  return { apart: levels[level]!, familyOf: families[level]!.ofEach() }
}

function createFamilies(total: number) {
  const parent = Int32Array.from({ length: total }, (_, i) => i)
  const sizes = new Int32Array(total).fill(1)
  let largest = 1
  const rootOf = (i: number): number => {
    while (parent[i] !== i) {
      parent[i] = parent[parent[i]!]!
      i = parent[i]!
    }
    return i
  }
  return {
    largest: () => largest,
    join(a: number, b: number) {
      const [low, high] = [rootOf(a), rootOf(b)].sort((x, y) => x - y) as [number, number]
      if (low === high) return
      parent[high] = low
      sizes[low]! += sizes[high]!
      largest = Math.max(largest, sizes[low]!)
    },
    ofEach: () => Int32Array.from({ length: total }, (_, i) => rootOf(i)),
  }
}

/** Clusters of whole families, numbered from 0. One that is larger than the test set falls apart into its families. */
function clusterFamilies(texts: readonly string[], familyOf: Int32Array, clusterCount: number, randomSeed: number, most: number): number[] {
  const roots = [...new Set(familyOf)]
  const placeOf = new Map(roots.map((root, place) => [root, place]))
  const rows = lexicalEmbeddings(texts)
  const means = roots.map(() => new Float32Array(rows[0]!.length)) // (families, D)
  rows.forEach((row, i) => {
    const mean = means[placeOf.get(familyOf[i]!)!]!
    for (let d = 0; d < row.length; d++) mean[d]! += row[d]!
  })
  for (const mean of means) normalise(mean)
  const { assignments } = kMeans(means, Math.min(clusterCount, means.length), { rng: createRng(randomSeed, 'split-clusters') })
  const ofText = Array.from(familyOf, (root) => assignments[placeOf.get(root)!]!)
  const sizes = countsOf(ofText)
  const names = new Map<string, number>()
  return ofText.map((cluster, i) => {
    const name = sizes.get(cluster)! > most ? `family ${familyOf[i]}` : `cluster ${cluster}`
    if (!names.has(name)) names.set(name, names.size)
    return names.get(name)!
  })
}

function normalise(row: Float32Array): void {
  let sum = 0
  for (const value of row) sum += value * value
  if (sum > 0) for (let d = 0; d < row.length; d++) row[d]! /= Math.sqrt(sum)
}

function countsOf(values: readonly number[]): Map<number, number> {
  const counts = new Map<number, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  return counts
}

/** Whole clusters in random order, each taken where it still fits; then the one that brings the test set nearest, if one does. */
function drawClusters(clusters: readonly number[], wanted: number, randomSeed: number): boolean[] {
  const sizes = countsOf(clusters)
  const order = createRng(randomSeed, 'split').shuffle([...sizes.keys()])
  const chosen = new Set<number>()
  let rows = 0
  for (const cluster of order) {
    if (rows + sizes.get(cluster)! > wanted) continue
    chosen.add(cluster)
    rows += sizes.get(cluster)!
  }
  const missing = wanted - rows
  const over = order.filter((cluster) => !chosen.has(cluster)).sort((a, b) => sizes.get(a)! - sizes.get(b)!)[0]
  if (over !== undefined && sizes.get(over)! - missing < missing && sizes.size - chosen.size > 1) chosen.add(over)
  return clusters.map((cluster) => chosen.has(cluster))
}

function nearnessOf(texts: readonly string[], isTest: readonly boolean[], tokenizer: TokenizerName): Nearness {
  const index = createNoveltyIndex({ tokenizer, threshold: levels[0]! })
  texts.forEach((text, i) => {
    if (!isTest[i]) index.add(text)
  })
  const scores = texts.filter((_, i) => isTest[i]).map((text) => index.judge(text, levels[0]!).nearest?.score ?? 0)
  return {
    highest: scores.reduce((highest, score) => Math.max(highest, score), 0),
    mean: scores.reduce((sum, score) => sum + score, 0) / scores.length,
    above70: scores.filter((score) => score > 0.7).length / scores.length,
  }
}
