import { defineKind } from '../kind.ts'
import { groceries } from '../lexicons.ts'
import { listOf, numberFrom, oneOf } from '../slots.ts'

const thing = oneOf(groceries)
const three = listOf(thing, 3, 3)
const threeOrFour = listOf(thing, 3, 4)
const positions: readonly string[] = ['second', 'third']

export default [
  defineKind({
    id: 'first-item',
    slots: { items: threeOrFour },
    wordings: [
      'What is the first item on this list: {items}?',
      ['Name the first thing on the list [below|here].', '{items}'],
      'My shopping list says {items}. What is at the top?',
      ['Copy only the first entry of the list.', 'List: {items}'],
      'If I [unpack|load] {items} in this order, what comes out first?',
      ['Which of these comes before all the others?', '{items}'],
      'I wrote down {items}. Which one did I write [down |]first?',
    ],
    reservedWordings: ['Which item is at the top of this list: {items}?', ['Copy the first item only.', '{items}']],
    answer: ({ items }) => items[0]!,
  }),

  defineKind({
    id: 'last-item',
    slots: { items: threeOrFour },
    wordings: [
      'What is the last item on this list: {items}?',
      ['Name the thing at the end of the list.', '{items}'],
      'We have to carry {items}, in that order. What comes last?',
      ['Copy only the last entry [you see|you can find].', 'List: {items}'],
      'From {items}, [just |]give me the final one.',
      ['Which of these stands after all the others?', '{items}'],
      'Someone read out {items}. What did they name [at the end|last]?',
    ],
    reservedWordings: ['Which item is at the end of this list: {items}?', ['Copy the last item only.', '{items}']],
    answer: ({ items }) => items.at(-1)!,
  }),

  defineKind({
    id: 'nth-item',
    slots: { position: oneOf(positions), items: threeOrFour },
    wordings: [
      'What is the {position} item on this list: {items}?',
      ['Name the {position} thing on the list.', '{items}'],
      'On the shelf there are, from left to right, {items}. Which one is {position}?',
      ['Copy the {position} entry and leave out the [rest|others].', 'List: {items}'],
      'Out of {items}, which one comes {position}?',
      ['Which of these is in {position} place?', '{items}'],
      'They called out {items}. What was the {position} thing [they said|called]?',
    ],
    reservedWordings: ['Which item is {position} on this list: {items}?', ['Find the {position} item.', '{items}']],
    answer: ({ position, items }) => items[positions.indexOf(position) + 1]!,
  }),

  defineKind({
    id: 'reverse-list',
    slots: { items: three },
    wordings: [
      'Put this list in reverse order: {items}.',
      ['Turn the list around so that the last item comes first.', '{items}'],
      'I packed {items}. Now list them [backwards|from last to first].',
      ['Write these items [in the opposite order|back to front].', 'List: {items}'],
      'How does the list {items} look when you read it backwards?',
      ['Reverse the order of these [three |]things.', '{items}'],
      'We stacked {items}, one on top of the other. In what order do we take them off?',
    ],
    reservedWordings: ['Read this list back from the end: {items}.', ['List these things in reverse.', '{items}']],
    answer: ({ items }) => items.toReversed().join(', '),
  }),

  defineKind({
    id: 'sort-words',
    slots: { items: three },
    wordings: [
      'Sort these words from A to Z: {items}.',
      ['Put these words in alphabetical order.', '{items}'],
      'In what order would {items} appear in a dictionary?',
      ['Arrange the list [by first letter|by the alphabet], starting with A.', 'List: {items}'],
      'My labels say {items}. Put them in alphabetical order [for me|please].',
      ['Which order do these words have in an index?', '{items}'],
      'Help me sort {items} the way a phone book would.',
    ],
    reservedWordings: ['Arrange {items} in alphabetical order.', ['Sort the words by the alphabet.', '{items}']],
    answer: ({ items }) => items.toSorted().join(', '),
  }),

  defineKind({
    id: 'sort-numbers',
    slots: { numbers: listOf(numberFrom(1, 20), 3, 3) },
    wordings: [
      'Sort these numbers from low to high: {numbers}.',
      ['Put these numbers in order, smallest first.', '{numbers}'],
      'Our scores were {numbers}. List them from the worst to the best.',
      ['Arrange the numbers [in rising order|from small to large].', 'Numbers: {numbers}'],
      'The rooms {numbers} need new keys. In which order do I pass them if I count up?',
      ['Write the numbers again, the lowest [at the front|on the left].', '{numbers}'],
      'Which order do {numbers} have on a ruler, left to right?',
    ],
    reservedWordings: ['Put {numbers} in order from the lowest to the highest.', ['Sort these numbers, smallest first.', '{numbers}']],
    answer: ({ numbers }) => numbers.toSorted((a, b) => a - b).join(', '),
  }),

  defineKind({
    id: 'remove-item',
    slots: { gone: thing, items: threeOrFour },
    draw(rng) {
      const list = threeOrFour.draw(rng)
      return { gone: rng.pick(list), items: list }
    },
    accepts: ({ gone, items }) => items.includes(gone),
    wordings: [
      'Take {gone} off this list: {items}.',
      ['Remove {gone} from the list and keep the order.', '{items}'],
      'I have {items} but no longer need the {gone}. What is left?',
      ['Write the list again without {gone}.', 'List: {items}'],
      'We sold the {gone}. What [remains|is still there] of {items}?',
      ['Cross out {gone} and [show|give] me the rest.', '{items}'],
      'Leave {gone} out of {items} and tell me the others.',
    ],
    reservedWordings: ['What is left of {items} if I take away the {gone}?', ['Cross {gone} off the list.', '{items}']],
    answer: ({ gone, items }) => items.filter((item) => item !== gone).join(', '),
  }),

  defineKind({
    id: 'item-after',
    slots: { before: thing, items: threeOrFour },
    draw(rng) {
      const list = threeOrFour.draw(rng)
      return { before: rng.pick(list.slice(0, -1)), items: list }
    },
    accepts: ({ before, items }) => items.slice(0, -1).includes(before),
    wordings: [
      'What comes right after {before} on this list: {items}?',
      ['Which item follows {before}?', '{items}'],
      'I have ticked off {before}. What is next on my list: {items}?',
      ['Find {before} on the list and name the item behind it.', 'List: {items}'],
      'In the row {items}, what stands to the right of {before}?',
      ['Tell me what is written [directly |]after {before}.', '{items}'],
      'The order of packing is {items}. What do I pack once the {before} is in?',
    ],
    reservedWordings: ['Which item comes next after {before} in this row: {items}?', ['Name the item that follows {before} on the list.', '{items}']],
    answer: ({ before, items }) => items[items.indexOf(before) + 1]!,
  }),
]
