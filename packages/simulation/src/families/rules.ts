import { defineKind } from '../kind.ts'
import { colours, people, weekdays } from '../lexicons.ts'
import { numberFrom, oneOf } from '../slots.ts'

const person = oneOf(people)
const day = oneOf(weekdays)
const colour = oneOf(colours)
const ride = oneOf(['bus', 'tram', 'car', 'bicycle', 'train', 'taxi', 'scooter', 'subway'])
const place = oneOf(['hall', 'kitchen', 'office', 'cellar', 'attic', 'garage'])
const side = oneOf(['left', 'right'])
const otherSide = (name: string): string => (name === 'left' ? 'right' : 'left')

export default [
  defineKind({
    id: 'room-side',
    slots: { n: numberFrom(1, 28), side },
    wordings: [
      'Even room numbers are on the {side}, odd ones on the other side. Where is room {n}?',
      ['Rooms with even numbers are on the {side}, the rest opposite. Left or right?', 'Room {n}'],
      'In this hotel you find odd numbers opposite and even numbers on the {side}. Is room {n} left or right?',
      ['Guests with an even room number turn {side}, guests with an odd one turn the other way. Where do I turn?', 'My room is {n}.'],
      'The hall has all even doors on its {side} side. Is door {n} on the left or on the right?',
      ['Even seats are {side} of the aisle, odd seats are not. Which side is this?', 'Seat {n}'],
    ],
    reservedWordings: [
      'With even rooms on the {side} and odd rooms opposite, is room {n} on the left or the right?',
      ['Even numbers are {side}, odd numbers are on the other side. Which side is it?', 'Room {n}'],
    ],
    answer: ({ side, n }) => (n % 2 === 0 ? side : otherSide(side)),
  }),

  defineKind({
    id: 'pass-mark',
    slots: { mark: numberFrom(5, 15), person, score: numberFrom(1, 20) },
    wordings: [
      'The pass mark is {mark} points and {person} has {score}. Did {person} pass?',
      ['You need at least {mark} points to pass. Did this pupil pass?', '{person}: {score} points'],
      '{person} got {score} points in a test where {mark} are enough. Is that a pass?',
      ['Answer yes if the score reaches {mark}, otherwise no.', '{person}, score {score}'],
      'For the badge you need {mark} points. {person} collected {score}. Will {person} get it?',
      ['Does the result reach the {mark} points we ask for?', 'Result: {person}, {score} points'],
    ],
    reservedWordings: [
      '{person} needs {mark} points to pass and got {score}. Is that enough?',
      ['Is the score enough if the pass mark is {mark}?', '{person}: {score} points'],
    ],
    answer: ({ mark, score }) => (score >= mark ? 'yes' : 'no'),
  }),

  defineKind({
    id: 'free-entry',
    slots: { limit: numberFrom(6, 18), person, age: numberFrom(2, 20) },
    wordings: [
      'Children under {limit} get in free. {person} is {age}. Does {person} have to pay?',
      ['Visitors who are {limit} or older must buy a ticket. Does this one?', '{person}, age {age}'],
      'At the pool you pay from the age of {limit}. Does {person}, who is {age}, need to pay?',
      ['The bus is free below the age of {limit}. Must this person pay?', '{person}: {age} years'],
      'Entry costs nothing if you are younger than {limit}. {person} is {age} years old. Is a ticket needed?',
      ['Say yes if a ticket is needed; under {limit} it is free.', 'Guest: {person}, {age}'],
    ],
    reservedWordings: [
      'It is free for children under {limit}. Must {person}, who is {age}, pay?',
      ['Under {limit} entry is free. Does this visitor have to pay?', '{person}, age {age}'],
    ],
    answer: ({ limit, age }) => (age >= limit ? 'yes' : 'no'),
  }),

  defineKind({
    id: 'open-day',
    slots: { first: day, second: day, asked: day },
    accepts: ({ first, second }) => first !== second,
    draw(rng) {
      const [first, second, other] = rng.sample(weekdays, 3)
      return { first: first!, second: second!, asked: rng.pick([first!, second!, other!, other!]) }
    },
    wordings: [
      'The shop is closed on {first} and {second}. Is it open on {asked}?',
      ['Our office is shut on {first} and {second}. Can I come on this day?', '{asked}'],
      'I only work on {first} and {second}. Am I free on {asked}?',
      ['The sign says: closed {first} and {second}. Is the door open on the day below?', 'Day: {asked}'],
      'There is no class on {first} and no class on {second}. Is there one on {asked}?',
      ['Buses run daily except {first} and {second}. Does one run on this day?', '{asked}'],
    ],
    reservedWordings: [
      'Closed on {first} and {second}: is the office open on {asked}?',
      ['The class is not on {first} or {second}. Is there a class on this day?', '{asked}'],
    ],
    answer: ({ first, second, asked }) => (asked === first || asked === second ? 'no' : 'yes'),
  }),

  defineKind({
    id: 'weather-choice',
    slots: { wet: ride, dry: ride, weather: oneOf(['rain', 'sun']) },
    accepts: ({ wet, dry }) => wet !== dry,
    wordings: [
      'If there is rain I take the {wet}, otherwise the {dry}. Today there is {weather}. What do I take?',
      ['In rain take the {wet}, in sun take the {dry}. What should I take?', 'Today: {weather}'],
      'With {weather} outside, what do I choose, if our rule is the {wet} for rain and the {dry} for sun?',
      ['We use the {wet} on days with rain and the {dry} on days with sun. What is it today?', 'Weather: {weather}'],
      'Mother said: the {dry} when there is sun, the {wet} when there is rain. I see {weather}. Which one?',
      ['The {wet} is for rain and the {dry} is for sun. Which one do I need?', 'Outside I see {weather}.'],
    ],
    reservedWordings: [
      'Take the {wet} for rain and the {dry} for sun. Today there is {weather}. What do I take?',
      ['If there is sun use the {dry}, if there is rain use the {wet}. Which one is it today?', '{weather}'],
    ],
    answer: ({ wet, dry, weather }) => (weather === 'rain' ? wet : dry),
  }),

  defineKind({
    id: 'label-place',
    slots: { first: colour, a: place, second: colour, b: place, asked: colour },
    draw(rng) {
      const [first, second] = rng.sample(colours, 2)
      const [a, b] = rng.sample(['hall', 'kitchen', 'office', 'cellar', 'attic', 'garage'], 2)
      return { first: first!, a: a!, second: second!, b: b!, asked: rng.pick([first!, second!]) }
    },
    accepts: ({ first, a, second, b, asked }) => first !== second && a !== b && (asked === first || asked === second),
    wordings: [
      'Boxes with a {first} label belong in the {a}, {second} ones in the {b}. Where does a {asked} box belong?',
      ['Put {first} boxes in the {a} and {second} boxes in the {b}. Where does this one belong?', 'a {asked} box'],
      'We keep {first} bags in the {a} and {second} bags in the {b}. Where do I find a {asked} bag?',
      ['The {first} key opens the {a}, the {second} key opens the {b}. Which door is it?', 'I hold the {asked} key.'],
      'A {first} dot means {a} and a {second} dot means {b}. I see a {asked} dot. Which place is meant?',
      ['{first} stands for the {a}, {second} for the {b}. Which room is meant?', 'Colour: {asked}'],
    ],
    reservedWordings: [
      'Keep {first} boxes in the {a} and {second} ones in the {b}. Where do I put a {asked} one?',
      ['A {first} label means {a}, a {second} label means {b}. Where does it belong?', 'Label: {asked}'],
    ],
    answer: ({ first, a, b, asked }) => (asked === first ? a : b),
  }),
]
