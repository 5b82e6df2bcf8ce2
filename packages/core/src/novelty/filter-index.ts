import { Entries } from './entries.ts'
import { Occurrences } from './occurrences.ts'
import { PostingLists } from './posting-lists.ts'
import { PrefixIndex } from './prefix-index.ts'
import { Probe } from './probe.ts'
import { rebuild } from './rebuild.ts'
import { Search } from './search.ts'
import { TextReader, type Tokenize } from './text-reader.ts'
import { WordTable } from './word-table.ts'

/** The index is rebuilt when this many times larger, or when its lists grew this many times worse than the pool explains. */
const [growth, decay] = [4, 2]
/** Below this many entries the order of words does not matter. */
const small = 256

/**
 * Everything an index knows, and the way of a text into it: words, occurrences, entries, the prefix index and its renewal.
 * A rebuild runs beside the index in use, a step with every text prepared or added, and replaces it when it has caught up.
 */
export class FilterIndex {
  readonly words = new WordTable()
  readonly entries = new Entries()
  readonly occurrences = new Occurrences()
  readonly probe = new Probe()
  readonly search = new Search(this.entries)
  index: PrefixIndex
  rebuilds = 0
  readonly #reader: TextReader
  #prepared: string | undefined
  #rebuilding: Generator<void, PrefixIndex> | undefined
  /** Entries present at the last rebuild, added since, and what the lists cost then. */
  #sizeAtRebuild = small / growth
  #addedSince = 0
  #costAtRebuild = 0

  constructor(tokenize: Tokenize, threshold: number) {
    this.#reader = new TextReader(tokenize)
    this.index = new PrefixIndex(threshold, new Int32Array(0), this.#newLists(0))
  }

  /** Makes `probe` the text. */
  prepare(text: string): Probe {
    this.#goOnRebuilding()
    if (this.#prepared !== text) {
      this.#read(text)
      this.probe.arrange(this.occurrences, this.index, false)
      this.#prepared = text
    }
    return this.probe
  }

  add(text: string): number {
    this.prepare(text)
    this.#prepared = undefined
    if (this.probe.unknown > 0) {
      this.probe.unmask()
      this.#numberNewWords()
      this.probe.arrange(this.occurrences, this.index, true)
    }
    return this.#enter()
  }

  /** As `prepare`, for a text given as numbers of words, all below `vocabulary`. For texts numbered elsewhere; do not mix with `prepare`. */
  prepareWords(numbers: Int32Array, vocabulary: number): Probe {
    this.#goOnRebuilding()
    this.#takeWords(numbers, vocabulary)
    this.probe.arrange(this.occurrences, this.index, false)
    return this.probe
  }

  addWords(numbers: Int32Array, vocabulary: number): number {
    this.#goOnRebuilding()
    this.#takeWords(numbers, vocabulary)
    this.probe.arrange(this.occurrences, this.index, true)
    return this.#enter()
  }

  /** Takes in an entry of a snapshot without listing it; `rebuild` lists all of them. */
  restoreEntry(numbers: Int32Array, vocabulary: number): void {
    this.#takeWords(numbers, vocabulary)
    this.probe.arrange(this.occurrences, this.index, true)
    this.#store()
  }

  remove(entry: number): boolean {
    if (!this.entries.has(entry)) return false
    this.#prepared = undefined
    this.#count(entry, -1)
    this.entries.remove(entry)
    return true
  }

  /** Rebuilds now, in one piece. */
  rebuild(): void {
    const rebuilding = rebuild(this.entries, this.occurrences, this.index.threshold, this.index.lists.used)
    let step = rebuilding.next()
    while (!step.done) step = rebuilding.next()
    this.#replace(step.value)
  }

  get bytes(): number {
    return this.words.bytes + this.entries.bytes + this.occurrences.bytes + this.probe.bytes + this.index.bytes
  }

  #read(text: string): void {
    const reader = this.#reader
    reader.read(text)
    this.probe.begin(reader.count, this.words.size)
    const { units, starts, hashes } = reader
    for (let i = 0; i < reader.count; i++) this.probe.words[i] = this.words.find(units, starts[i]!, starts[i + 1]!, hashes[i]!)
  }

  #takeWords(numbers: Int32Array, vocabulary: number): void {
    this.#prepared = undefined
    this.probe.begin(numbers.length, vocabulary)
    this.probe.words.set(numbers)
    this.occurrences.reserveWords(vocabulary)
  }

  #numberNewWords(): void {
    const { units, starts, hashes, count } = this.#reader
    const { words } = this.probe
    for (let i = 0; i < count; i++) {
      if (words[i]! >= 0) continue
      const known = this.words.find(units, starts[i]!, starts[i + 1]!, hashes[i]!) // an earlier place in this text may have numbered it
      words[i] = known >= 0 ? known : this.words.insert(units, starts[i]!, starts[i + 1]!, hashes[i]!)
    }
    this.occurrences.reserveWords(this.words.size)
  }

  #enter(): number {
    const { probe } = this
    const entry = this.#store()
    this.index.add(entry, probe.occurrences, probe.length)
    this.#addedSince++
    this.#considerRebuild()
    return entry
  }

  #store(): number {
    const { probe } = this
    for (let i = 0; i < probe.known; i++) this.occurrences.frequencies[probe.occurrences[i]!]!++
    return this.entries.add(probe.words, probe.length, probe.low, probe.high)
  }

  #count(entry: number, change: number): void {
    const { entries } = this
    const [start, length] = [entries.start(entry), entries.length(entry)]
    const occurrences = new Int32Array(length)
    const count = this.occurrences.of(entries.words, start, start + length, occurrences, false)
    for (let i = 0; i < count; i++) this.occurrences.frequencies[occurrences[i]!]! += change
  }

  #considerRebuild(): void {
    if (this.#rebuilding !== undefined) return
    const grown = 1 + this.#addedSince / this.#sizeAtRebuild
    const worse = this.#addedSince > small && this.index.lists.selfJoinCost > decay * this.#costAtRebuild * grown * grown
    if (grown < growth && !(worse && this.rebuilds > 0)) return
    this.#rebuilding = rebuild(this.entries, this.occurrences, this.index.threshold, this.index.lists.used)
  }

  #goOnRebuilding(): void {
    const step = this.#rebuilding?.next()
    if (step?.done) this.#replace(step.value)
  }

  #replace(index: PrefixIndex): void {
    this.index = index
    this.rebuilds++
    this.#rebuilding = undefined
    this.#prepared = undefined
    this.#sizeAtRebuild = Math.max(this.entries.alive, small / growth)
    this.#addedSince = 0
    this.#costAtRebuild = index.lists.selfJoinCost
  }

  #newLists(room: number): PostingLists {
    return new PostingLists(room, (entry) => this.entries.length(entry) < 0)
  }
}
