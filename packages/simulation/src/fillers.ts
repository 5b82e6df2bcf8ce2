import type { Rng } from '@sedi/core'
import type { FillerSetting } from './filler-settings.ts'

/** What people say around a question. Either part may be ''. */
export type Filler = { readonly prefix: string; readonly suffix: string }

/** How talkative people are. */
const prefixShare = 0.8
const suffixShare = 0.5

export interface FillerSource {
  /** Phrases for a task of a family; what stands `beside` them already, if anything, decides the setting where it can. */
  draw(rng: Rng, family: string, isQuestion: boolean, beside?: string): Filler
  /** The text with each filler word replaced by another of its list with probability 1 - keep. Works on any text. */
  vary(text: string, keep: number, rng: Rng): string
}

/** The phrases of a universe, made ready for drawing and finding. */
export type Fillers = {
  readonly byFamily: Readonly<Record<string, readonly FillerSetting[]>>
  readonly settings: readonly FillerSetting[]
  readonly wordLists: ReadonlySet<readonly string[]>
  /** Lower-case word → the list it is from. */
  readonly listOf: ReadonlyMap<string, readonly string[]>
  /** Finds every filler word in a text. */
  readonly word: RegExp
}

export function compileFillers(byFamily: Fillers['byFamily']): Fillers {
  const settings = [...new Set(Object.values(byFamily).flat())]
  const wordLists = new Set(settings.flatMap((setting) => Object.values(setting.words)))
  const listOf = new Map([...wordLists].flatMap((list) => list.map((word) => [word.toLowerCase(), list] as const)))
  const word = new RegExp(`\\b(?:${[...listOf.keys()].toSorted((a, b) => b.length - a.length).join('|')})\\b`, 'gi')
  return { byFamily, settings, wordLists, listOf, word }
}

/**
 * Draws what is said around questions, skewed as people's (and teachers') habits are: item number r of a list has weight r^-skew.
 * `habits` puts each list into an order of its own; without it the lists keep their order.
 */
export function createFillerSource(fillers: Fillers, skew: number, habits?: Rng): FillerSource {
  const ordered = <T>(items: readonly T[]): readonly T[] => habits?.shuffle(items) ?? items
  const inOrder = new Map(fillers.settings.map((setting) => [setting, putInOrder(setting)]))
  const settings = Object.fromEntries(Object.entries(fillers.byFamily).map(([family, list]) => [family, ordered(list)]))
  const lists = new Map([...fillers.wordLists].map((list) => [list, ordered(list)]))
  const weights = Array.from({ length: 64 }, (_, i) => (i + 1) ** -skew)
  const skewed = <T>(list: readonly T[], rng: Rng): T => list[rng.weighted(weights.slice(0, list.length))]!

  function putInOrder({ prefixes, questionPrefixes, suffixes, words }: FillerSetting) {
    return { anywhere: ordered(prefixes), beforeQuestions: ordered([...prefixes, ...questionPrefixes]), after: ordered(suffixes), words }
  }

  return {
    draw(rng, family, isQuestion, beside = '') {
      const setting = inOrder.get(settingOf(beside, fillers) ?? skewed(settings[family]!, rng))!
      const fill = (frame: string): string => {
        const text = frame.replace(/\{(\w+)\}/g, (_, name: string) => skewed(lists.get(setting.words[name]!)!, rng))
        return text.charAt(0).toUpperCase() + text.slice(1)
      }
      const prefix = rng.next() < prefixShare ? fill(skewed(isQuestion ? setting.beforeQuestions : setting.anywhere, rng)) : ''
      const suffix = rng.next() < suffixShare ? fill(skewed(setting.after, rng)) : ''
      return { prefix, suffix }
    },
    vary(text, keep, rng) {
      const varied = text.replace(fillers.word, (word) => (rng.next() < keep ? word : skewed(lists.get(fillers.listOf.get(word.toLowerCase())!)!, rng)))
      return /^[A-Z]/.test(text) ? varied.charAt(0).toUpperCase() + varied.slice(1) : varied
    },
  }
}

/** The one setting whose words a text uses; undefined when it uses none, or only words of several settings. */
function settingOf(text: string, { settings, listOf, word: fillerWord }: Fillers): FillerSetting | undefined {
  for (const [word] of text.matchAll(fillerWord)) {
    const list = listOf.get(word.toLowerCase())!
    const owners = settings.filter((setting) => Object.values(setting.words).includes(list))
    if (owners.length === 1) return owners[0]
  }
  return undefined
}
