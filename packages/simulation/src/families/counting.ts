import { defineKind } from '../kind.ts'
import { categories, categoryOf, categoryPlurals, colours, goods, groceries, legs, people, things } from '../lexicons.ts'
import { listOf, numberFrom, oneOf, type Slot } from '../slots.ts'

const person = oneOf(people)
const kindsOfThing = Object.keys(categories)
const group = oneOf(Object.values(categoryPlurals))
const categoryOfPlural = (plural: string): string => kindsOfThing.find((category) => categoryPlurals[category] === plural)!
const mixedItems = listOf(oneOf(things), 4, 5)

/** Four to six colours, some of them more than once. */
const someColours: Slot<readonly string[]> = {
  ...listOf(oneOf(colours), 4, 6),
  draw(rng) {
    const few = rng.sample(colours, 3)
    return Array.from({ length: 4 + rng.int(3) }, () => rng.pick(few))
  },
}

export default [
  defineKind({
    id: 'count-items',
    slots: { items: listOf(oneOf(groceries), 3, 6) },
    wordings: [
      'How many items are on this list: {items}?',
      ['Count the things on the list.', '{items}'],
      'I am [taking|bringing] {items}. How many things is that?',
      ['How long is this list? Give the number of entries.', 'List: {items}'],
      'The list on the shed says {items}. How many things do we [store|keep] there?',
      ['Say how many different things are named here.', '{items}'],
      'How many labels do I need for {items} if each gets one?',
    ],
    reservedWordings: ['Count the items on this list: {items}.', ['How many things are named below?', '{items}']],
    answer: ({ items }) => String(items.length),
  }),

  defineKind({
    id: 'count-category',
    slots: { group, items: mixedItems },
    draw(rng) {
      const [asked, other] = rng.sample(kindsOfThing, 2)
      const length = 4 + rng.int(2)
      const inside = 1 + rng.int(length - 1)
      const items = [...rng.sample(categories[asked!]!, inside), ...rng.sample(categories[other!]!, length - inside)]
      return { group: categoryPlurals[asked!]!, items: rng.shuffle(items) }
    },
    wordings: [
      'How many {group} are there among {items}?',
      ['How many of these are {group}?', '{items}'],
      'My delivery was {items}. How many {group} did I [get|order]?',
      ['Count the {group} and ignore everything else.', 'List: {items}'],
      'If I keep only {group} from {items}, how many things are left?',
      ['Tell me the number of {group} you see here.', '{items}'],
      'Our store room holds {items}. How many of those are {group}?',
    ],
    reservedWordings: ['Count the {group} on this list: {items}.', ['How many {group} are named here?', '{items}']],
    answer: ({ group, items }) => String(items.filter((item) => categoryOf(item) === categoryOfPlural(group)).length),
  }),

  defineKind({
    id: 'count-repeats',
    slots: { colour: oneOf(colours), colours: someColours },
    draw(rng) {
      const drawn = someColours.draw(rng)
      return { colour: rng.pick(drawn), colours: drawn }
    },
    accepts: ({ colour, colours }) => colours.includes(colour),
    wordings: [
      'How many times does {colour} appear in {colours}?',
      ['How often is {colour} on this list?', '{colours}'],
      'The [beads|tiles] in a row are {colours}. How many are {colour}?',
      ['Count how often {colour} was chosen.', 'Votes: {colours}'],
      'Cars drove past in the colours {colours}. How many were {colour}?',
      ['Find every {colour} here and tell me how many there are.', '{colours}'],
      'We sold shirts today: {colours}. How many {colour} ones did we sell?',
    ],
    reservedWordings: ['In the row {colours}, how often do you see {colour}?', ['How many {colour} ones are on the list?', '{colours}']],
    answer: ({ colour, colours }) => String(colours.filter((each) => each === colour).length),
  }),

  defineKind({
    id: 'sum',
    slots: { person, goods: oneOf(goods), a: numberFrom(1, 6), b: numberFrom(1, 6) },
    unseen: 'wording',
    wordings: [
      '{person} has {a} {goods} and buys {b} more. How many {goods} is that?',
      'Add {b} {goods} to the {a} {goods} {person} has. How many are there in all?',
      ['How many {goods} does {person} have in total?', 'morning: {a}, evening: {b}'],
      '{person} found {a} {goods} in one drawer and {b} in another. How many altogether?',
      'If {person} [gets|is given] {b} {goods} on top of {a}, what is the total?',
      ['Add up the {goods} in both of the boxes {person} packed.', '{a} and {b}'],
      'We need {a} {goods} for the children and {b} for {person}. How many should we buy?',
    ],
    reservedWordings: [
      '{person} buys {a} {goods}, then {b} more. What is the total?',
      ['Add up the {goods} in both of the boxes {person} has.', '{a} and {b}'],
    ],
    answer: ({ a, b }) => String(a + b),
  }),

  defineKind({
    id: 'difference',
    slots: { person, goods: oneOf(goods), a: numberFrom(2, 9), b: numberFrom(1, 6) },
    unseen: 'wording',
    accepts: ({ a, b }) => a > b,
    wordings: [
      '{person} had {a} {goods} and gave {b} away. How many are left?',
      'Out of {a} {goods}, {person} lost {b}. How many [remain|are still there]?',
      ['How many {goods} does {person} still need?', 'wanted: {a}, found: {b}'],
      '{person} wants {a} {goods} and already has {b}. How many are missing?',
      'Take {b} {goods} from the {a} on the desk that {person} uses. What is left?',
      ['Work out how many {goods} {person} has not sold [yet|so far].', 'brought: {a}, sold: {b}'],
      'There were {a} {goods} in the box until {person} used {b}. How many are in it now?',
    ],
    reservedWordings: ['{person} had {a} {goods} and lost {b}. How many are still there?', ['How many {goods} are left for {person}?', 'had: {a}, sold: {b}']],
    answer: ({ a, b }) => String(a - b),
  }),

  defineKind({
    id: 'legs',
    slots: { n: numberFrom(2, 4), animals: oneOf(Object.keys(legs)) },
    unseen: 'wording',
    wordings: [
      'How many legs do {n} {animals} have together?',
      ['Count the legs of these animals.', '{n} {animals}'],
      'If {n} {animals} [walk|come] past, how many legs do you see?',
      'My child wants to cut out {n} {animals} from paper. How many paper legs does that take?',
      ['What is the total number of legs?', 'Animals: {n} {animals}'],
      'A cartoon shows {n} {animals} wearing one sock on each leg. How many socks are those?',
    ],
    reservedWordings: ['What is the number of legs that {n} {animals} have in all?', ['How many legs are there in total?', '{n} {animals}']],
    answer: ({ n, animals }) => String(n * legs[animals]!),
  }),
]
