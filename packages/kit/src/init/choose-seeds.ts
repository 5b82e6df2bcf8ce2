import { tokenizeUnicode } from '@sedi/core'
import { readRows, taskOfRecord } from '@sedi/store'
import { fileOf } from '../inputs/built-in-seeds.ts'

export type DomainSeed = { readonly id: string; readonly instruction: string; readonly input: string; readonly output: string; readonly domain: string }

export type ChosenSeeds = {
  readonly seeds: readonly DomainSeed[]
  /** How many there were to choose from. */
  readonly of: number
  /** Why these, in words. */
  readonly why: string
}

/** Subjects of which all seeds are taken for a purpose in words. */
const nearestSubjects = 3

/** The built-in seeds with their domains. */
export async function builtInSeeds(): Promise<readonly DomainSeed[]> {
  const seeds: DomainSeed[] = []
  for await (const row of readRows(fileOf('sedi:general'))) {
    const read = 'value' in row ? taskOfRecord(row.value) : row
    if (!('task' in read)) continue
    const { id, domain } = (row as { value: { id: string; domain: string } }).value
    seeds.push({ id, ...read.task, domain })
  }
  return seeds
}

/** The domains of the built-in seeds, with how many each has; largest first. */
export function domainsOf(seeds: readonly DomainSeed[]): readonly (readonly [domain: string, count: number])[] {
  const counts = new Map<string, number>()
  for (const { domain } of seeds) counts.set(domain, (counts.get(domain) ?? 0) + 1)
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1))
}

/**
 * The built-in seeds for a purpose: all of them without one; those of the domains it lists; else those that share words with it, and all of
 * the domains that share most. Words, not meaning: a start, to be replaced by seeds of one's own. All when no word is shared.
 */
export async function chooseSeeds(purpose: string | undefined): Promise<ChosenSeeds> {
  const all = await builtInSeeds()
  const everything = { seeds: all, of: all.length }
  const wanted = purpose?.trim().toLowerCase() ?? ''
  if (wanted === '' || wanted === 'general') return { ...everything, why: 'all built-in seeds, for general purposes' }
  const known = new Set(domainsOf(all).map(([domain]) => domain))
  const named = wanted.split(/\s*,\s*/)
  if (named.every((domain) => known.has(domain))) {
    const seeds = all.filter(({ domain }) => named.includes(domain))
    return { seeds, of: all.length, why: `the built-in seeds about ${named.join(', ')}` }
  }
  const scores = scoreByRareWords(wanted, all)
  if (scores.every((score) => score === 0)) return { ...everything, why: 'all built-in seeds: none has a word of what the data is for' }
  const subjects = domainsOf(all)
    .map(([domain, count]) => ({ domain, mean: all.reduce((sum, seed, i) => sum + (seed.domain === domain ? scores[i]! : 0), 0) / count }))
    .sort((x, y) => y.mean - x.mean)
    .slice(0, nearestSubjects)
  const seeds = all.filter(({ domain }, i) => scores[i]! > 0 || subjects.some((subject) => subject.mean > 0 && subject.domain === domain))
  return { seeds, of: all.length, why: 'the built-in seeds whose words or subject are nearest to what the data is for' }
}

/** For each seed: over the words it shares with the wanted text, how rare they are among seeds (`ln N/n`), twice for its domain’s name. */
function scoreByRareWords(wanted: string, seeds: readonly DomainSeed[]): number[] {
  const goal = new Set(stems(wanted))
  const words = seeds.map(({ domain, instruction, input, output }) => new Set(stems(`${domain} ${instruction} ${input} ${output}`)))
  const rarity = new Map([...goal].map((word) => [word, Math.log(seeds.length / Math.max(1, words.filter((own) => own.has(word)).length))]))
  return seeds.map(({ domain }, i) => {
    const domainWords = stems(domain)
    let score = 0
    for (const word of words[i]!) if (goal.has(word)) score += rarity.get(word)! * (domainWords.includes(word) ? 2 : 1)
    return score
  })
}

/** Words without their endings, so that “cooking” meets “cook” and “recipes” meets “recipe”; short ones say little. */
function stems(text: string): string[] {
  const words = tokenizeUnicode(text).filter((word) => word.length > 2 && !fillers.has(word))
  return words.map((word) => word.replace(/(?<=.{3})(ing|ers?|ies|es|s|ed|y)$/, '').slice(0, stemLetters))
}

const stemLetters = 5
const fillers = new Set('and the for with that from help data about our their who are all questions answers tasks small new people make making want'.split(' '))
