/** The verb a text asks for, and what it asks for, both as lemmas: `write`, `poem`. null where there is none. */
export type VerbNoun = { readonly verb: string; readonly noun: string | null }

export type VerbNounParser = (text: string) => VerbNoun | null

type Tagged = {
  readonly normal: string
  readonly tags: ReadonlySet<string>
  /** What stands after the word up to the next one. */
  readonly post: string
}

/**
 * Loads the parser for root verb–noun pairs: `Write a short poem about the sea.` gives `{ verb: 'write', noun: 'poem' }`.
 *
 * Only the first sentence counts. Its root is the first imperative, else the first verb that is no auxiliary, modal, copula, past form or gerund;
 * leading clauses (`Given a list, find …`) and requests (`Can you explain …`) are passed. The noun is the head (last noun) of the first noun
 * phrase after the verb, before a preposition, clause or sentence end; an indirect pronoun (`Tell me a joke`) is passed. null where there is no
 * such verb (`What is the capital of Spain?`), and a null noun where the verb has no object (`Come up with …`, `Explain why …`) or only a name.
 *
 * Self-Instruct (Wang et al. 2023, figure 3; its instruction_visualize notebook) takes the root of the first sentence in spaCy's dependency tree
 * (`en_core_web_md`, with benepar loaded beside it), the first VERB from there down, and its first child that is a `dobj` and a NOUN. Here there
 * is no tree, only part-of-speech tags and word order (compromise 14.17.0). No model to download and no Python; but a verb in the past is no
 * root, an object far from its verb or behind a participle clause is missed, of two objects (`Give the children a story`) the first counts, and
 * imperatives that open a sentence (`List three rivers`) are read as verbs. The two were not compared on a corpus: figures compare between data
 * sets measured here, not with those of papers. English only.
 *
 * Loading takes some hundred milliseconds, once; a text one to a few.
 */
export async function loadVerbNounParser(): Promise<VerbNounParser> {
  const { default: nlp } = await import('compromise')
  return (text) => {
    const [sentence] = nlp(beginningOf(text)).docs as unknown as readonly (readonly Tagged[])[]
    if (sentence === undefined) return null
    const verb = sentence[rootOf(sentence)]
    if (verb === undefined) return null
    const noun = objectOf(sentence, rootOf(sentence) + 1)
    return { verb: lemma(verb, infinitive), noun: noun && lemma(noun, singular) }

    function infinitive(word: string): string {
      const view = nlp(word)
      view.tag('Verb')
      return view.verbs().toInfinitive().text()
    }
    function singular(word: string): string {
      if (!noun!.tags.has('Plural')) return word
      const view = nlp(word)
      view.tag('Plural')
      return view.nouns().toSingular().text()
    }
  }
}

/** The root is near the beginning; long inputs pasted after it cost time and change nothing. */
const beginningOf = (text: string): string => text.trim().slice(0, 300)

const lemma = ({ normal }: Tagged, change: (word: string) => string): string => (change(normal) || normal).toLowerCase()

function rootOf(sentence: readonly Tagged[]): number {
  const imperative = sentence.findIndex(({ tags }) => tags.has('Imperative') && isRoot(tags))
  return imperative >= 0 ? imperative : sentence.findIndex(({ tags }) => tags.has('Verb') && isRoot(tags))
}

const notRoot = ['Auxiliary', 'Modal', 'Copula', 'Participle', 'PastTense', 'Gerund', 'Particle', 'Negative']
const isRoot = (tags: ReadonlySet<string>): boolean => !notRoot.some((tag) => tags.has(tag))

/** What ends the stretch in which a direct object can stand. */
const enders = ['Preposition', 'Conjunction', 'QuestionWord', 'Verb']
const pronouns = ['Pronoun', 'Possessive']
/** Part of the verb when right behind it: “write down the names”. */
const particles = ['down', 'off', 'out', 'up']

function objectOf(sentence: readonly Tagged[], start: number): Tagged | null {
  let head: Tagged | null = null
  const behind = particles.includes(sentence[start]?.normal ?? '') ? start + 1 : start
  for (const word of sentence.slice(behind)) {
    const { tags, post } = word
    const isNoun = tags.has('Noun') && !pronouns.some((tag) => tags.has(tag))
    // A participle before a noun is no end: “the given code”.
    const ends = enders.some((tag) => tags.has(tag)) && !(tags.has('Participle') && head === null)
    if (ends || (head !== null && !isNoun)) break
    if (isNoun) head = word
    if (/[,;:.!?]/.test(post)) break
  }
  return head?.tags.has('ProperNoun') ? null : head
}
