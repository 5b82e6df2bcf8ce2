import { defineKind } from '../kind.ts'
import { opposites, pastTenses, plurals, rhymes, spellable, synonyms } from '../lexicons.ts'
import { oneOf } from '../slots.ts'

const rhymingWords = rhymes.flat()
const rhymeWith = (a: string, b: string): boolean => rhymes.some((group) => group.includes(a) && group.includes(b))

export default [
  defineKind({
    id: 'opposite',
    slots: { word: oneOf(Object.keys(opposites)) },
    unseen: 'wording',
    wordings: [
      'What is the [exact |]opposite of {word}?',
      'Which word means the opposite of {word}?',
      ['Give [me |]the opposite of this word.', '{word}'],
      ['Find the word that means [just |]the reverse.', 'Word: {word}'],
      'If a thing is not {word} at all, which word describes it [best|well]?',
      'My [notes|cards] pair each adjective with its opposite. What goes with {word}?',
      'Someone told me it was {word}, but it was [quite |]the reverse. So what was it?',
    ],
    reservedWordings: ['Tell me the reverse of the adjective {word}.', ['Which word is the opposite of the one below?', '{word}']],
    answer: ({ word }) => opposites[word]!,
  }),

  defineKind({
    id: 'synonym',
    slots: { word: oneOf(Object.keys(synonyms)) },
    unseen: 'wording',
    wordings: [
      'What is a simpler word for {word}?',
      'Which [plain|short] word means the same as {word}?',
      ['Replace this word with a simpler one.', '{word}'],
      'I do not want to say {word}. What else can I [say|write]?',
      ['Give one word with the same meaning.', 'Word: {word}'],
      'How would you say {word} to a [young |]child?',
      'Suggest an easier word than {word} for the same thing.',
    ],
    reservedWordings: ['Say {word} in a simpler way, with one word.', ['Which plain word has the same meaning as this one?', '{word}']],
    answer: ({ word }) => synonyms[word]!,
  }),

  defineKind({
    id: 'plural',
    slots: { noun: oneOf(Object.keys(plurals)) },
    unseen: 'wording',
    wordings: [
      'What is the [correct |]plural of {noun}?',
      'How do you write {noun} when there are two of them?',
      ['Give the plural [form |]of this noun.', '{noun}'],
      'Fill in the missing word: one {noun}, two ___.',
      'I know how to write one {noun}, but what are [several|many] of them called?',
      ['Change this word from one to many.', 'Noun: {noun}'],
      'Which word should I use for more than one {noun}?',
    ],
    reservedWordings: ['If one is a {noun}, what are two of them called?', ['Write the noun below in the plural.', '{noun}']],
    answer: ({ noun }) => plurals[noun]!,
  }),

  defineKind({
    id: 'past-tense',
    slots: { verb: oneOf(Object.keys(pastTenses)) },
    unseen: 'wording',
    wordings: [
      'What is the past tense of {verb}?',
      'Fill in the [missing|right] verb: today they {verb}, yesterday they ___.',
      ['Put this verb into the [simple |]past.', '{verb}'],
      'Which form of {verb} do I use for something that happened last week?',
      'How does the verb {verb} change when we talk about yesterday?',
      ['Give the form we use for yesterday.', 'Verb: {verb}'],
      'A pupil wrote {verb} but meant the past. What should it say [instead|there]?',
    ],
    reservedWordings: ['Which past form does the verb {verb} have?', ['Change the verb below so that it happened yesterday.', '{verb}']],
    answer: ({ verb }) => pastTenses[verb]!,
  }),

  defineKind({
    id: 'spelling',
    slots: { word: oneOf(spellable) },
    unseen: 'wording',
    wordings: [
      'Spell the word {word} letter by letter.',
      'How is {word} spelled? Put a space between the letters.',
      ['Write this word with a space after [each|every] letter.', '{word}'],
      'Which letters make up the word {word}, in order?',
      ['Take the word apart into single letters.', 'Word: {word}'],
      'On the phone I have to spell {word}. What do I say, letter by letter?',
      'List the letters of {word} [one by one|from first to last].',
    ],
    reservedWordings: ['Say the word {word} one letter at a time.', ['Spell out this word with a space between letters.', '{word}']],
    answer: ({ word }) => [...word].join(' '),
  }),

  defineKind({
    id: 'rhyme',
    slots: { word: oneOf(rhymingWords), first: oneOf(rhymingWords), second: oneOf(rhymingWords) },
    draw(rng) {
      const [home, away] = rng.sample(rhymes, 2)
      const [word, partner] = rng.sample(home!, 2)
      const [first, second] = rng.shuffle([partner!, rng.pick(away!)])
      return { word: word!, first: first!, second: second! }
    },
    accepts: ({ word, first, second }) => word !== first && word !== second && rhymeWith(word, first) !== rhymeWith(word, second),
    wordings: [
      'Which word rhymes with {word}: {first} or {second}?',
      'I need a rhyme for {word}. Is it {first} or {second}?',
      ['Which of the two [words |]rhymes with {word}?', '{first}, {second}'],
      'My [poem|song] has a line that ends in {word}. Should the next line end in {first} or {second}?',
      'Pick the word that sounds like {word} at the end, {first} or {second}.',
      ['Choose the rhyme for {word} from these [two |]words.', 'Words: {first}, {second}'],
      'Does {first} rhyme with {word}, or does {second}?',
    ],
    reservedWordings: ['Between {first} and {second}, which one is a rhyme for {word}?', ['Pick the word that rhymes with {word}.', '{first} or {second}']],
    answer: ({ word, first, second }) => (rhymeWith(word, first) ? first : second),
  }),
]
