import { defineKind } from '../kind.ts'
import { animalsBySize, colours, months, objects, people } from '../lexicons.ts'
import { listOf, numberFrom, oneOf } from '../slots.ts'

const colour = oneOf(colours)
const thing = oneOf(objects)
const person = oneOf(people)
const animal = oneOf(animalsBySize)
const month = oneOf(months)
const number = numberFrom(2, 20)
const numbers = listOf(number, 3, 4)

export default [
  defineKind({
    id: 'heavier',
    slots: { object: oneOf(['parcel', 'suitcase', 'crate']), first: colour, a: number, second: colour, b: number },
    accepts: ({ first, a, second, b }) => first !== second && a !== b,
    wordings: [
      'The {first} {object} weighs {a} kilos and the {second} one {b} kilos. Which is heavier?',
      ['Which {object} is heavier?', '{first}: {a} kilos, {second}: {b} kilos'],
      'I can lift the {first} {object} of {a} kilos or the {second} one of {b} kilos. Which weighs more?',
      ['Name the colour of the {object} that weighs more.', '{first} {a} kilos, {second} {b} kilos'],
      'Our scale shows {a} kilos for the {first} {object} and {b} kilos for the {second} one. Which costs more to send by weight?',
      ['Say which {object} is harder to lift, going by weight.', '{first}, {a} kilos; {second}, {b} kilos'],
    ],
    reservedWordings: [
      'Which {object} weighs more, the {first} one of {a} kilos or the {second} one of {b} kilos?',
      ['Name the heavier {object} by its colour.', '{first}: {a} kilos, {second}: {b} kilos'],
    ],
    answer: ({ first, a, second, b }) => (a > b ? first : second),
  }),

  defineKind({
    id: 'cheaper',
    slots: { first: thing, a: number, second: thing, b: number },
    accepts: ({ first, a, second, b }) => first !== second && a !== b,
    wordings: [
      'The {first} costs {a} dollars and the {second} costs {b}. Which is cheaper?',
      ['Which of the two is cheaper?', '{first}: {a} dollars, {second}: {b} dollars'],
      'A shop sells the {first} at {a} dollars and the {second} at {b}. Which one saves me money?',
      ['Choose the thing with the lower price.', '{first} {a} dollars, {second} {b} dollars'],
      'I have little money. Should I buy the {first} for {a} dollars or the {second} for {b}?',
      ['Compare the prices and name the thing that costs less.', '{first}, {a} dollars; {second}, {b} dollars'],
    ],
    reservedWordings: [
      'Which costs less, the {first} at {a} dollars or the {second} at {b} dollars?',
      ['Compare these two and name the cheaper one.', '{first}: {a} dollars, {second}: {b} dollars'],
    ],
    answer: ({ first, a, second, b }) => (a < b ? first : second),
  }),

  defineKind({
    id: 'more-than',
    slots: { a: number, b: number },
    accepts: ({ a, b }) => a !== b,
    wordings: [
      'Is {a} more than {b}?',
      ['Is the first number larger than the second?', '{a}, {b}'],
      'I counted {a} votes for us and {b} for them. Did we win?',
      ['Answer yes if the left number is higher, otherwise no.', '{a} | {b}'],
      'Our bus has {a} seats and {b} people want to ride. Are there more seats than people?',
      ['Does the first team have the higher score?', 'Score: {a} to {b}'],
      'We had {a} guests this year after {b} last year. Did the number go up?',
    ],
    reservedWordings: ['Is the number {a} higher than {b}?', ['Is the left number the larger one?', '{a}, {b}']],
    answer: ({ a, b }) => (a > b ? 'yes' : 'no'),
  }),

  defineKind({
    id: 'largest',
    slots: { numbers },
    wordings: [
      'Which number is the largest: {numbers}?',
      ['Find the highest number.', '{numbers}'],
      'Our team scored {numbers} points. What was the best score?',
      ['Pick the biggest of these numbers.', 'Numbers: {numbers}'],
      'The offers I received are {numbers} dollars. Which one is the highest?',
      ['What is the maximum here?', '{numbers}'],
      'This week the [temperature was|thermometer showed] {numbers} degrees. How warm was it at most?',
    ],
    reservedWordings: ['Out of {numbers}, which number is the biggest?', ['Which of these is the highest number?', '{numbers}']],
    answer: ({ numbers }) => String(Math.max(...numbers)),
  }),

  defineKind({
    id: 'smallest',
    slots: { numbers },
    wordings: [
      'Which number is the smallest: {numbers}?',
      ['Find the lowest number.', '{numbers}'],
      'The runners needed {numbers} minutes. What was the fastest time?',
      ['Pick the least of these numbers.', 'Numbers: {numbers}'],
      'The shops ask {numbers} dollars for it. What is the lowest price?',
      ['What is the minimum here?', '{numbers}'],
      'In the night the [thermometer|display] showed {numbers} degrees. How cold did it get?',
    ],
    reservedWordings: ['Out of {numbers}, which number is the least?', ['Which of these is the lowest number?', '{numbers}']],
    answer: ({ numbers }) => String(Math.min(...numbers)),
  }),

  defineKind({
    id: 'older',
    slots: { first: person, a: number, second: person, b: number },
    accepts: ({ first, a, second, b }) => first !== second && a !== b,
    wordings: [
      '{first} is {a} and {second} is {b}. Who is older?',
      ['Who is the older of the two?', '{first}: {a} years, {second}: {b} years'],
      'The older one sits in front. {first} is {a}, {second} is {b}. Who sits there?',
      ['Name the person who was born first.', '{first}, age {a}; {second}, age {b}'],
      'My cousins are {first}, {a} years old, and {second}, {b} years old. Which of them is older?',
      ['Which child is older?', '{first} ({a}) and {second} ({b})'],
    ],
    reservedWordings: [
      'Who was born first, {first} who is {a} or {second} who is {b}?',
      ['Name the older person of the two.', '{first}: {a} years, {second}: {b} years'],
    ],
    answer: ({ first, a, second, b }) => (a > b ? first : second),
  }),

  defineKind({
    id: 'bigger-animal',
    slots: { first: animal, second: animal },
    unseen: 'wording',
    accepts: ({ first, second }) => first !== second,
    wordings: [
      'Which animal is bigger, the {first} or the {second}?',
      ['Which of these animals is bigger?', '{first}, {second}'],
      'Would the {first} or the {second} need the larger cage?',
      ['Name the larger animal.', '{first} or {second}'],
      'In our play someone is the {first} and someone the {second}. Who needs the bigger costume?',
      ['Compare the two animals and tell me the bigger one.', 'Animals: {first}, {second}'],
    ],
    reservedWordings: ['Is the {first} or the {second} the bigger animal?', ['Which one is the larger animal?', '{first}, {second}']],
    answer: ({ first, second }) => (animalsBySize.indexOf(first) > animalsBySize.indexOf(second) ? first : second),
  }),

  defineKind({
    id: 'earlier-month',
    slots: { first: month, second: month },
    accepts: ({ first, second }) => first !== second,
    wordings: [
      'Which comes first in the year, {first} or {second}?',
      ['Which of these months is earlier in the year?', '{first}, {second}'],
      'I can start in {first} or in {second} of the same year. Which is sooner after New Year?',
      ['Name the month that comes first on a calendar.', '{first} and {second}'],
      'On a calendar that begins in January, do we see {first} or {second} earlier?',
      ['Pick the earlier month.', 'Months: {first}, {second}'],
    ],
    reservedWordings: ['Is {first} or {second} the earlier month of the year?', ['Which month comes first in the year?', '{first}, {second}']],
    answer: ({ first, second }) => (months.indexOf(first) < months.indexOf(second) ? first : second),
  }),
]
