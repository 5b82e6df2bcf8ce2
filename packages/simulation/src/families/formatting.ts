import { defineKind } from '../kind.ts'
import { months, numberWords, objects, people, surnames } from '../lexicons.ts'
import { numberFrom, oneOf } from '../slots.ts'

const first = oneOf(people)
const last = oneOf(surnames)
const thing = oneOf(objects)

export default [
  defineKind({
    id: 'last-name-first',
    slots: { first, last },
    wordings: [
      'Write {first} {last} with the last name first.',
      ['Turn the name around for an index, with a comma.', '{first} {last}'],
      'How would {first} {last} appear on a list sorted by last name?',
      ['Put the last name in front, then a comma and the first name.', 'Name: {first} {last}'],
      'The form asks for "last name, first name". What does {first} {last} [write|enter] there?',
      ['Change this name to the style of a phone book.', '{first} {last}'],
      'Our guest list starts with the last name. Please rewrite {first} {last} [to fit|to match].',
    ],
    reservedWordings: [
      'Rewrite the name {first} {last} with a comma, last name in front.',
      ['Put this name in the order last name, first name.', '{first} {last}'],
    ],
    answer: ({ first, last }) => `${last}, ${first}`,
  }),

  defineKind({
    id: 'initials',
    slots: { first, last },
    caseMatters: true,
    wordings: [
      'What are the initials of {first} {last}?',
      ['Shorten this name to its initials.', '{first} {last}'],
      'Which two letters does {first} {last} sign with? Add a full stop after each.',
      ['Write only the initials, each with a full stop.', 'Name: {first} {last}'],
      'The bag of {first} {last} should carry [two initials|initials]. Which ones?',
      ['Give the initials of this person.', '{first} {last}'],
      'On the cup there is no room for {first} {last}. What are the initials to print?',
    ],
    reservedWordings: ['Give me the initials for {first} {last}.', ['What are the two initials of this name?', '{first} {last}']],
    answer: ({ first, last }) => `${first[0]}. ${last[0]}.`,
  }),

  defineKind({
    id: 'join-with-and',
    slots: { a: thing, b: thing, c: thing },
    accepts: ({ a, b, c }) => a !== b && b !== c && a !== c,
    wordings: [
      ['Join the items into one phrase with "and" before the last.', '{a}, {b}, {c}'],
      ['Make this list read like part of a sentence.', '{a}; {b}; {c}'],
      'Rewrite "{a}, {b}, {c}" with the word and before the final item.',
      ['Put "and" in front of the last item and keep the comma.', 'List: {a}, {b}, {c}'],
      'How do I [say|write] {a} / {b} / {c} in a sentence, with a comma and the word and?',
      ['Turn these three notes into a phrase with a comma and "and".', '{a} - {b} - {c}'],
      'My list is {a}, then {b}, then {c}. Write it as one phrase with "and".',
    ],
    reservedWordings: [
      'Write "{a}, {b}, {c}" as it would read in a sentence, with "and" before the last item.',
      ['Make one phrase of the list, with "and" in front of the last item.', '{a}; {b}; {c}'],
    ],
    answer: ({ a, b, c }) => `${a}, ${b} and ${c}`,
  }),

  defineKind({
    id: 'upper-case',
    slots: {
      what: oneOf(['fresh', 'cheap', 'hot', 'cold', 'free', 'new', 'good', 'warm']),
      item: oneOf(['bread', 'coffee', 'soup', 'shoes', 'eggs', 'lunch', 'fish', 'milk']),
    },
    caseMatters: true,
    wordings: [
      'Write the words {what} {item} in capital letters.',
      ['Put this sign in capitals.', '{what} {item}'],
      'Our sign says "{what} {item}" but should be all capitals. How does it read then?',
      ['Change every letter to a capital.', 'Text: {what} {item}'],
      'How does {what} {item} look in capital letters only?',
      ['Rewrite the text [on this label|of this label] in large letters.', '{what} {item}'],
      'I want to shout "{what} {item}" on a poster. Type it in capitals [for me|please].',
    ],
    reservedWordings: ['Type {what} {item} with every letter a capital.', ['Rewrite this text in capital letters only.', '{what} {item}']],
    answer: ({ what, item }) => `${what} ${item}`.toUpperCase(),
  }),

  defineKind({
    id: 'number-word',
    slots: { number: numberFrom(1, 20) },
    unseen: 'wording',
    wordings: [
      'How do you write the number {number} as a word?',
      ['Write this number in letters.', '{number}'],
      'The cheque says {number} in digits. Which word goes on the line below?',
      ['Turn the digits into a word.', 'Number: {number}'],
      'Spell out {number} the way it would stand in a novel.',
      ['Which word do we say for this number?', '{number}'],
      'My style guide forbids digits. What do I write instead of {number}?',
    ],
    reservedWordings: ['Which word goes in place of the digits {number}?', ['Spell out this number as a word.', '{number}']],
    answer: ({ number }) => numberWords[number]!,
  }),

  defineKind({
    id: 'month-first-date',
    slots: { day: numberFrom(1, 28), month: oneOf(months), year: numberFrom(2022, 2026) },
    wordings: [
      'Write {day} {month} {year} with the month first.',
      ['Change the date to the American order.', '{day} {month} {year}'],
      'How would someone in America write the date {day} {month} {year}?',
      ['Put the month in front and a comma before the year.', 'Date: {day} {month} {year}'],
      'The ticket is dated {day} {month} {year}. Rewrite that as month, day, year.',
      ['Rewrite this date so that it starts with the month.', '{day} {month} {year}'],
      'An office in America wants {day} {month} {year} in its own style. What do we send?',
    ],
    reservedWordings: ['Rewrite the date {day} {month} {year} in the American style.', ['Write this date as month, day, comma, year.', '{day} {month} {year}']],
    answer: ({ day, month, year }) => `${month} ${day}, ${year}`,
  }),

  defineKind({
    id: 'price-tag',
    slots: { thing, price: numberFrom(2, 20) },
    wordings: [
      'Write a price tag for a {thing} that costs {price} dollars.',
      ['Turn this into a price tag with a dollar sign.', '{thing}, {price} dollars'],
      'The {thing} is {price} dollars. What should its tag [say|read]?',
      ['Shorten the line to the thing, a colon and the price.', 'Sale: {thing} for {price} dollars'],
      'How does a tag for one {thing} at {price} dollars look, with a dollar sign?',
      ['Make a tag with a dollar sign for our shelf.', '{price} dollars for a {thing}'],
      'Somebody will pay {price} dollars for my {thing}. Write that as a tag.',
    ],
    reservedWordings: [
      'Make a price tag for my {thing} at {price} dollars.',
      ['Write this as a tag with a colon and a dollar sign.', '{thing}, {price} dollars'],
    ],
    answer: ({ thing, price }) => `${thing}: $${price}`,
  }),
]
