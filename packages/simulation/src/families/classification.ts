import { defineKind } from '../kind.ts'
import { categories, categoryOf, countries, habitats, objects, things } from '../lexicons.ts'
import { listOf, oneOf } from '../slots.ts'

const subjects = ['soup', 'room', 'coffee', 'garden', 'bread', 'staff', 'tour', 'guide']
const praise = ['wonderful', 'lovely', 'excellent', 'perfect', 'great']
const blame = ['terrible', 'awful', 'poor', 'dreadful', 'bad']
const subject = oneOf(subjects)
const judgement = oneOf([...praise, ...blame])

/** How a message to a shop begins → what sort of message it is. */
const openings: Readonly<Record<string, string>> = {
  'Thank you so much for the': 'thanks',
  'We really enjoy the': 'thanks',
  'I never received the': 'complaint',
  'I am not happy with the': 'complaint',
  'Could you please send me the': 'request',
  'Please put aside the': 'request',
  'Sorry that I broke the': 'apology',
  'Forgive me for losing the': 'apology',
}

export default [
  defineKind({
    id: 'category',
    slots: { thing: oneOf(things) },
    unseen: 'wording',
    wordings: [
      'What sort of thing is a {thing}: fruit, vegetable, tool, clothing, furniture, vehicle or animal?',
      'Which group does the word {thing} belong to, for example fruit, tool or animal?',
      ['Name the category of this word, such as vegetable, vehicle or tool.', '{thing}'],
      'In our catalogue, should {thing} go under fruit, vegetable, tool, clothing, furniture, vehicle or animal?',
      ['Sort this word into one group: fruit, vegetable, tool, clothing, furniture, vehicle, animal.', 'Word: {thing}'],
      ['Is this a fruit, an animal, a tool or something else? Name the group.', '{thing}'],
    ],
    reservedWordings: [
      'Name the group for {thing}, such as clothing, animal or fruit.',
      ['Which category does this thing belong to, for example tool or furniture?', '{thing}'],
    ],
    answer: ({ thing }) => categoryOf(thing)!,
  }),

  defineKind({
    id: 'sentiment',
    slots: { first: subject, judgement, second: subject, again: judgement },
    accepts: ({ first, judgement, second, again }) => first !== second && judgement !== again && praise.includes(judgement) === praise.includes(again),
    wordings: [
      'Is this review positive or negative: the {first} was {judgement} and the {second} was {again}?',
      ['Say whether the guest was pleased: positive or negative.', 'The {first} was {judgement}, and the {second} was {again}.'],
      'A visitor wrote that the {first} was {judgement} and the {second} {again}. Positive or negative?',
      ['Classify the [review|comment] as positive or negative.', 'The {first} was {judgement} and the {second} was {again}.'],
      'Someone found the {first} {judgement} and the {second} {again}. Is that a positive or a negative opinion?',
      ['Does this [review|comment] sound positive or negative?', '{judgement} {first}, {again} {second}'],
    ],
    reservedWordings: [
      'If a guest says the {first} was {judgement} and the {second} {again}, is the review positive or negative?',
      ['Positive or negative? Classify this opinion.', 'The {first} was {judgement} and the {second} was {again}.'],
    ],
    answer: ({ judgement }) => (praise.includes(judgement) ? 'positive' : 'negative'),
  }),

  defineKind({
    id: 'odd-one-out',
    slots: { items: listOf(oneOf(things), 4, 4) },
    draw(rng) {
      const [home, away] = rng.sample(Object.values(categories), 2)
      return { items: rng.shuffle([...rng.sample(home!, 3), rng.pick(away!)]) }
    },
    accepts: ({ items }) => oddOnes(items).length === 1 && new Set(items.map(categoryOf)).size === 2,
    wordings: [
      'Which one does not belong with the others: {items}?',
      ['Find the odd one out.', '{items}'],
      'Three of {items} are of one sort. Which is the fourth?',
      ['One word is in the wrong group. Which one?', 'Words: {items}'],
      'A child put {items} in the same box. Which of them is out of place?',
      ['Choose the word that does not fit [in here|the rest].', '{items}'],
      'Our worksheet shows {items}. Which one should be crossed out because it is different?',
    ],
    reservedWordings: ['Find the word that does not fit with the others: {items}.', ['Which one of these is the odd one?', '{items}']],
    answer: ({ items }) => oddOnes(items)[0]!,
  }),

  defineKind({
    id: 'habitat',
    slots: { animal: oneOf(Object.keys(habitats)) },
    unseen: 'wording',
    wordings: [
      'Where does a {animal} live: on a farm, in the forest or in the sea?',
      'Farm, forest or sea: where would you [look for|expect] a {animal}?',
      ['Say where this animal lives, farm, forest or sea.', '{animal}'],
      'My book has three pages, farm, forest and sea. On which one should the {animal} stand?',
      ['Is the home of this animal the farm, the forest or the sea?', 'Animal: {animal}'],
      'We are making cards about a {animal}. Is its home the sea, the forest or a farm?',
    ],
    reservedWordings: [
      'Is a {animal} at home on a farm, in the forest or in the sea?',
      ['Where does this animal live, in the sea, in the forest or on a farm?', '{animal}'],
    ],
    answer: ({ animal }) => habitats[animal]!,
  }),

  defineKind({
    id: 'country-of-capital',
    slots: { city: oneOf(Object.keys(countries)) },
    unseen: 'wording',
    wordings: [
      '{city} is the capital of which country?',
      'I am flying to {city}. What country is that in?',
      ['Name the country this capital belongs to.', '{city}'],
      'A letter for {city} came back because the country was missing. Which one should I add?',
      ['Which country has this city as its capital?', 'City: {city}'],
      'Our guest was born in {city}. In which country was that?',
    ],
    reservedWordings: ['Which country is {city} the capital of?', ['In which country is this city?', '{city}']],
    answer: ({ city }) => countries[city]!,
  }),

  defineKind({
    id: 'message-type',
    slots: { opening: oneOf(Object.keys(openings)), thing: oneOf(objects) },
    wordings: [
      ['Is this message a request, a complaint, an apology or thanks?', '{opening} {thing}.'],
      ['Label the message with one word: thanks, request, complaint or apology.', '{opening} {thing}.'],
      'Somebody wrote to us: "{opening} {thing}." Is that thanks, a request, a complaint or an apology?',
      ['Our shop sorts its mail into thanks, requests, complaints and apologies. Which is this?', '{opening} {thing}.'],
      'Which label fits the note "{opening} {thing}", complaint, request, thanks or apology?',
      ['Decide what sort of note this is: complaint, thanks, apology or request.', 'Note: {opening} {thing}.'],
    ],
    reservedWordings: [
      'A note says "{opening} {thing}." Label it as apology, complaint, request or thanks.',
      ['Which is it: thanks, an apology, a complaint or a request?', '{opening} {thing}.'],
    ],
    answer: ({ opening }) => openings[opening]!,
  }),
]

/** The things whose category no other thing on the list shares. */
function oddOnes(items: readonly string[]): string[] {
  return items.filter((item) => items.every((other) => other === item || categoryOf(other) !== categoryOf(item)))
}
