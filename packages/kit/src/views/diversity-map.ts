import { createRng, kMeans, lexicalEmbeddings, neighbourLayout, tokenizers } from '@sedi/core'
import { beginningOf, type CandidateFact, type Ledger, type Recorded } from '@sedi/spec'
import type { DiversityMap } from '@sedi/spec/api'
import { begunConfigOf } from '../runs/run-config-of.ts'

export type MapOptions = {
  /** Most texts that are placed. Of more, a sample evenly over the run. */
  readonly points: number
  readonly onProgress?: ((share: number) => void) | undefined
}

export type DrawnMap = Omit<DiversityMap, 'state' | 'progress' | 'problem'>

const mostClusters = 24
const shownCharacters = 120

/** What was written in a plane, near each other when the words are; the same each time. Cost O(all) to choose, then some seconds for 5,000 points. */
export async function diversityMap(ledger: Ledger, { points, onProgress = () => {} }: MapOptions): Promise<DrawnMap> {
  const { filter } = await begunConfigOf(ledger)
  const seqs: number[] = []
  for await (const page of ledger.columns('candidate', ['reason'])) for (const { seq, reason } of page) if (reason !== 'malformed') seqs.push(seq)
  const chosen = Array.from({ length: Math.min(points, seqs.length) }, (_, i) => seqs[Math.floor((i * seqs.length) / Math.min(points, seqs.length))]!)
  const texts = (await ledger.at('candidate', chosen)).filter(({ instruction }) => instruction.trim() !== '')
  onProgress(0.1)
  const tokenize = tokenizers[filter.tokenizer]
  const rows = lexicalEmbeddings(
    texts.map(({ instruction }) => instruction),
    { tokenize },
  )
  const rng = (name: string) => createRng(1, 'diversity map', name)
  const k = Math.max(1, Math.min(mostClusters, Math.round(Math.sqrt(texts.length) / 3)))
  const { assignments } = kMeans(rows, k, { rng: rng('clusters') })
  onProgress(0.3)
  const epochs = 200
  const places = neighbourLayout(rows, { rng: rng('places'), epochs, onEpoch: (done) => onProgress(0.3 + (0.7 * done) / epochs) })
  return {
    method:
      'Words as hashed TF-IDF vectors of 256 dimensions; places by a layout of nearest neighbours (as UMAP), clusters by k-means over the vectors. Near means alike in words; distances between groups mean little.',
    of: seqs.length,
    sampled: chosen.length < seqs.length,
    clusters: describeClusters(texts, assignments, tokenize),
    points: texts.map(({ id, round, verdict, instruction }, i) => ({
      ...{ id, round, verdict, cluster: assignments[i]!, text: firstWords(instruction) },
      ...{ x: rounded(places[2 * i]!), y: rounded(places[2 * i + 1]!) },
    })),
  }
}

const rounded = (value: number): number => Math.round(value * 1e4) / 1e4

const wordsEach = 4

/** Words in more of a cluster's texts than of all: by how many times, weighted with the share of its texts. */
function describeClusters(
  texts: readonly Recorded<CandidateFact>[],
  assignments: Int32Array,
  tokenize: (text: string) => readonly string[],
): DrawnMap['clusters'] {
  const inAll = new Map<string, number>()
  const inCluster = new Map<number, { size: number; words: Map<string, number> }>()
  texts.forEach(({ instruction }, i) => {
    const own = inCluster.get(assignments[i]!) ?? { size: 0, words: new Map<string, number>() }
    inCluster.set(assignments[i]!, own)
    own.size++
    for (const word of new Set(tokenize(instruction))) {
      inAll.set(word, (inAll.get(word) ?? 0) + 1)
      own.words.set(word, (own.words.get(word) ?? 0) + 1)
    }
  })
  return [...inCluster]
    .sort(([a], [b]) => a - b)
    .map(([cluster, { size, words }]) => {
      const telling = (word: string, count: number): number => (count / size) * Math.log(count / size / (inAll.get(word)! / texts.length))
      const ranked = [...words].map(([word, count]) => ({ word, weight: telling(word, count) })).filter(({ weight }) => weight > 0)
      return {
        cluster,
        size,
        words: ranked
          .sort((a, b) => b.weight - a.weight || (a.word < b.word ? -1 : 1))
          .slice(0, wordsEach)
          .map(({ word }) => word),
      }
    })
}

/** Up to the last whole word that fits. */
function firstWords(text: string): string {
  if (text.length <= shownCharacters) return text
  return `${beginningOf(text, shownCharacters).replace(/\s+\S*$/, '')} …`
}
