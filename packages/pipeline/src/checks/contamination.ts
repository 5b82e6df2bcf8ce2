import { createNoveltyIndex, createOverlapIndex, type OverlapIndex } from '@sedi/core'
import { shorten, type Task } from '@sedi/spec'
import { type BenchmarkItem, defineCheck, fieldNames } from './check.ts'

/** Words in a row that chance does not repeat. Source: GPT-3 (Brown et al. 2020, appendix C): 8 to 13, 13 for all but short items. */
const longRun = 13
/** Shorter runs count when together they cover more than half of the question. Source: Tülu 3 (Lambert et al. 2024): 8-grams, 50 %. */
const shortRun = 8
const coveredShare = 0.5
/** For questions too short for runs, and for those with words exchanged here and there. */
const nearCopy = 0.9
/** Longer texts are compared by runs alone: among so many words a near-copy has long ones, and splitting them costs most. */
const nearCopyCharacters = 2000

/**
 * Near-copies of benchmark questions, by any of three rules: thirteen words in a row in common; runs of eight or more words that cover over half of the
 * question; ROUGE-L F above 0.9 between the question and the instruction, the input or both together (up to 2,000 characters). What stands in more than ten questions
 * of the benchmarks is boilerplate and begins no run. Answers of the benchmark are not looked at.
 */
export default defineCheck({
  id: 'contamination',
  title: 'near-copies of the questions in `filter.benchmarks`, with the words in common and their place',
  defaultMode: 'drop',
  reason: 'contaminated',
  create({ benchmarks }) {
    if (benchmarks.length === 0) return (tasks) => tasks.map(() => undefined)
    const runs = createOverlapIndex(
      benchmarks.map(({ text }) => text),
      { gramWords: shortRun },
    )
    const texts = createNoveltyIndex({ tokenizer: 'unicode', nearest: 'rejected', threshold: nearCopy })
    for (const { text } of benchmarks) texts.add(text.length > nearCopyCharacters ? '' : text)
    return (tasks) => tasks.map((task) => commonRun(task, runs, benchmarks) ?? copyOf(task, texts, benchmarks))
  },
})

function commonRun(task: Task, runs: OverlapIndex, benchmarks: readonly BenchmarkItem[]): string | undefined {
  for (const field of fieldNames) {
    const overlap = runs.find(task[field]).find(({ words, covered }) => words >= longRun || covered > coveredShare)
    if (overlap === undefined) continue
    const { place } = benchmarks[overlap.item]!
    const span = clip(task[field].slice(overlap.start, overlap.end))
    return `${overlap.words} words in a row of ${place} in the ${field} (${percent(overlap.covered)} of the question): “${span}”`
  }
  return undefined
}

function copyOf({ instruction, input }: Task, texts: ReturnType<typeof createNoveltyIndex>, benchmarks: readonly BenchmarkItem[]): string | undefined {
  for (const text of input === '' ? [instruction] : [`${instruction}\n${input}`, instruction, input]) {
    if (text.length > nearCopyCharacters) continue
    const { novel, nearest } = texts.judge(text, nearCopy)
    if (!novel) return `ROUGE-L ${nearest!.score.toFixed(2)} with ${benchmarks[nearest!.entry]!.place}: “${clip(text)}”`
  }
  return undefined
}

const percent = (share: number): string => `${Math.round(100 * share)} %`
const clip = (span: string): string => shorten(span, 300).replace(/\s+/g, ' ')
