import { defineKind } from '../kind.ts'
import { months, numberWords, weekdays } from '../lexicons.ts'
import { oneOf } from '../slots.ts'

const day = oneOf(weekdays)
const month = oneOf(months)
const waits: readonly string[] = ['two', 'three', 'four']
const seasonOf = (name: string): string => ['winter', 'spring', 'summer', 'autumn'][Math.floor(((months.indexOf(name) + 1) % 12) / 3)]!

/** The item `by` places further on in a circle. */
function further(circle: readonly string[], from: string, by: number): string {
  return circle[(circle.indexOf(from) + by + circle.length) % circle.length]!
}

export default [
  defineKind({
    id: 'next-weekday',
    slots: { day },
    unseen: 'wording',
    wordings: [
      'What day comes [right |]after {day}?',
      'Today is {day}. What day is it tomorrow?',
      ['Name the [next day|day that follows].', 'Today: {day}'],
      'The meeting was on {day} and we moved it by one day to later. When is it now?',
      'If the shop opens again the day after {day}, which day is that?',
      ['Which day of the week follows this one?', '{day}'],
      'I leave on {day} and arrive the day after. On which day do I arrive?',
    ],
    reservedWordings: ['Which day of the week is it tomorrow if today is {day}?', ['What day follows this day?', '{day}']],
    answer: ({ day }) => further(weekdays, day, 1),
  }),

  defineKind({
    id: 'previous-weekday',
    slots: { day },
    unseen: 'wording',
    wordings: [
      'What day comes [right |]before {day}?',
      'Today is {day}. What day was it yesterday?',
      ['Name the [previous day|day that came before].', 'Today: {day}'],
      'The parcel arrived one day too early; it was due on {day}. When did it arrive?',
      'I must pay the day before {day}. Which day is that?',
      ['Which day of the week precedes this one?', '{day}'],
      'We meet on {day} and I bake the cake the day before. On which day do I bake?',
    ],
    reservedWordings: ['Which day of the week was it yesterday if today is {day}?', ['What day came before this day?', '{day}']],
    answer: ({ day }) => further(weekdays, day, -1),
  }),

  defineKind({
    id: 'days-later',
    slots: { wait: oneOf(waits), day },
    unseen: 'wording',
    wordings: [
      'What day is it {wait} days after {day}?',
      'Today is {day}. Which day will it be in {wait} days?',
      ['Count {wait} days on from this day.', '{day}'],
      'I lent out a book on {day} for {wait} days. On which day is it due?',
      'The paint needs {wait} days to dry and we paint on {day}. Which day is it dry?',
      ['Add {wait} days and name the day of the week.', 'Start: {day}'],
      'The repair takes {wait} days. If they begin on {day}, when are they [done|ready]?',
    ],
    reservedWordings: ['If I start on {day} and need {wait} days, which day is it then?', ['Which day comes {wait} days later?', '{day}']],
    answer: ({ wait, day }) => further(weekdays, day, numberWords.indexOf(wait)),
  }),

  defineKind({
    id: 'next-month',
    slots: { month },
    unseen: 'wording',
    wordings: [
      'Which month comes [right |]after {month}?',
      'It is {month} now. What will next month be?',
      ['Name the month that follows.', 'Month: {month}'],
      'My rent for {month} is paid. Which month do I pay for next?',
      'The [course|trip] in {month} was put off by a month. When does it take place?',
      ['What is the [very |]next month of the year?', '{month}'],
      'I turned the page for {month} on the calendar. Which month do I see?',
    ],
    reservedWordings: ['If it is {month} now, which month follows?', ['Which month will it be next month?', '{month}']],
    answer: ({ month }) => further(months, month, 1),
  }),

  defineKind({
    id: 'previous-month',
    slots: { month },
    unseen: 'wording',
    wordings: [
      'Which month comes [right |]before {month}?',
      'It is {month} now. What was last month?',
      ['Name the month that came [just |]before.', 'Month: {month}'],
      'The report due in {month} was sent a month early. When did we send it?',
      'You have to apply one month before {month}. Which month is that?',
      ['What is the previous month of the year?', '{month}'],
      'My birthday is in {month} and my sister was born a month earlier. What is her month?',
    ],
    reservedWordings: ['If it is {month} now, which month was just before?', ['Which month was it last month?', '{month}']],
    answer: ({ month }) => further(months, month, -1),
  }),

  defineKind({
    id: 'month-number',
    slots: { month },
    unseen: 'wording',
    wordings: [
      'What number does {month} have among the months?',
      'The form wants the month as a number. What do I write for {month}?',
      ['Give the number of this month [of the year|in the year].', '{month}'],
      'Counting from January as 1, which number is {month}?',
      ['Turn the name of the month into a number.', 'Month: {month}'],
      'How many months of the year have begun once we reach {month}?',
    ],
    reservedWordings: ['Which number stands for {month} on a form?', ['Write this month as a number.', '{month}']],
    answer: ({ month }) => String(months.indexOf(month) + 1),
  }),

  defineKind({
    id: 'season',
    slots: { month },
    unseen: 'wording',
    wordings: [
      'Which season is {month} in, here in Europe?',
      'We are going to visit Europe in {month}. Which season is that?',
      ['Name the season this month belongs to in Europe.', '{month}'],
      'Does {month} count as spring, summer, autumn or winter in Europe?',
      ['Which of the four seasons is it in Europe?', 'Month: {month}'],
      'I am planting a garden in Europe in {month}. What season is that?',
    ],
    reservedWordings: ['What season does {month} belong to in Europe?', ['In which season is this month in Europe?', '{month}']],
    answer: ({ month }) => seasonOf(month),
  }),
]
