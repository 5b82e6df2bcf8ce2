import { people } from './lexicons.ts'

/**
 * Who asks, and on what occasion. Around its question a task has at most a sentence before and one after, both from the same
 * setting, so that they fit together. `{word}` is filled from `words`.
 */
export type FillerSetting = {
  /** Sentences or openings before any task. */
  readonly prefixes: readonly string[]
  /** Openings that only fit before a question. */
  readonly questionPrefixes: readonly string[]
  readonly suffixes: readonly string[]
  readonly words: Readonly<Record<string, readonly string[]>>
}

const person = people

const school: FillerSetting = {
  prefixes: [
    'I teach {group} and we are practising this.',
    'This is for {project} in {group}.',
    'I am preparing {project} for {group}.',
    'Next exercise for {group}:',
    'Here is one from {project}:',
    '{person} missed our last lesson and has to catch up.',
    'Help {person} with {project}.',
    'We need one more line for {project}.',
    'From the homework {person} handed in:',
    'Warm-up before {event}:',
  ],
  questionPrefixes: ['{person} in {group} asks:', 'A pupil in {group} wanted to know:', 'This came up during {event}:', 'One question from {project}:'],
  suffixes: [
    '{group} should understand it.',
    'It is for {project}.',
    'I will write it on the board.',
    'Keep it simple for {group}.',
    '{person} will copy it into {project}.',
    'I need it before {event}.',
    'Just the answer, so that {person} can check.',
    'Please do not explain it.',
  ],
  words: {
    person,
    group: [
      'the third grade',
      'my evening class',
      'the beginners course',
      'class five',
      'my language class',
      'our reading group',
      'the exchange group',
      'my homework club',
    ],
    project: [
      'a worksheet',
      'the school newsletter',
      'a wall poster',
      'my lesson notes',
      'a spelling game',
      'the exercise book',
      'a practice test',
      'a revision sheet',
    ],
    event: ['the school trip', 'our last lesson', 'the spring test', 'the open day', 'the parents evening', 'a short test'],
  },
}

const office: FillerSetting = {
  prefixes: [
    'For {project}:',
    '{person} from {department} left me this.',
    'It is my first week at {place}.',
    'You are an assistant at {place}.',
    'A small task from {department}:',
    'While working on {project} we got stuck.',
    'My boss at {place} wants this done.',
    '{person} needs this for {project}.',
    'We are updating {project} in {department}.',
    'Before {event} I have to get this right.',
  ],
  questionPrefixes: [
    '{person} from {department} asks:',
    'A customer at {place} wants to know:',
    'Quick question about {project}:',
    'Someone asked at {event}:',
  ],
  suffixes: [
    'I will pass it on to {person} in {department}.',
    'It goes into {project}.',
    '{person} is waiting for it.',
    'Give only the result.',
    'No explanation is needed.',
    'We need it for {event}.',
    'It has to fit on one line of {project}.',
    'That is all {department} needs.',
  ],
  words: {
    person,
    department: ['accounting', 'sales', 'marketing', 'shipping', 'payroll', 'customer support', 'training', 'planning'],
    project: [
      'the price list',
      'the staff handbook',
      'our website',
      'the monthly report',
      'the summer brochure',
      'the stock list',
      'a notice',
      'the visitor guide',
    ],
    place: ['the library', 'a small hotel', 'the museum shop', 'the town hall', 'a busy bakery', 'the post office', 'the health centre', 'a garden centre'],
    event: ['the staff meeting', 'the stock check', 'the spring sale', 'the training day', 'the morning meeting', 'our team lunch'],
  },
}

const quiz: FillerSetting = {
  prefixes: [
    'Quiz card for {event}:',
    'I collect puzzles for {project}.',
    'Here is a puzzle {person} found in {project}:',
    'We are testing the quiz for {event}.',
    'Next round for {team}:',
    'I write the cards for {event} with {person}.',
    'This one decides who wins at {event}.',
    '{person} could not solve this at {event}.',
    'A card from the box of {team}:',
  ],
  questionPrefixes: [
    'Quick question for {event}:',
    '{person} and {team} cannot agree on this.',
    'Can you settle a bet between {person} and {team}?',
    'I was asked this at {event}:',
    '{team} argued about this for an hour:',
  ],
  suffixes: [
    'Use as few words as you can.',
    'I will read it out at {event}.',
    '{team} wants to check the answer.',
    'The answer gets printed in {project}.',
    'Reply with nothing else.',
    'I promised {person} to find out.',
    'One point for {team} if you know.',
    'Keep it short, {person} is in a hurry.',
  ],
  words: {
    person,
    team: ['our table', 'the chess club', 'the book club', 'the red team', 'the choir', 'my team', 'the scouts', 'the garden club'],
    event: [
      'our quiz night',
      'the spring fair',
      'the summer camp',
      'the club evening',
      'the village party',
      'the school fair',
      'the radio show',
      'the pub quiz',
    ],
    project: ['a puzzle page', 'the club newsletter', 'the village calendar', 'a book of riddles', 'the weekend paper', 'a game for travellers'],
  },
}

const home: FillerSetting = {
  prefixes: [
    'My {relative} needs help with this.',
    'I am working on {project} with my {relative}.',
    'We are getting ready for {event}.',
    'My {relative} and I are learning English together.',
    'I promised {person} to finish {project}.',
    'Please help me with {project}.',
    'My {relative} left me a note about {event}.',
    'This belongs in {project}.',
    'While tidying up for {event} I got stuck.',
    'There is still a gap in {project}.',
  ],
  questionPrefixes: [
    'My {relative} keeps asking me this:',
    'My {relative} and {person} argued about this.',
    'At {event} my {relative} asked:',
    'I cannot sleep because of this:',
    '{person} called before {event} and asked:',
  ],
  suffixes: [
    'It is for {project}.',
    'My {relative} will check it.',
    'Please answer in a few words.',
    'I need it for {event}.',
    'Then we can finish {project}.',
    'Thanks, also from my {relative}.',
    'My {relative} thinks it is easy.',
    'I want to tell {person} at {event}.',
  ],
  words: {
    person,
    relative: ['son', 'daughter', 'nephew', 'grandmother', 'neighbour', 'uncle', 'flatmate', 'cousin', 'grandfather', 'sister'],
    project: [
      'our family album',
      'a birthday card',
      'my travel diary',
      'my recipe book',
      'the holiday plan',
      'a letter to my aunt',
      'our wall calendar',
      'our scrapbook',
    ],
    event: [
      'the birthday party',
      'our street party',
      'the family reunion',
      'the wedding',
      'the flea market',
      'the picnic',
      'the garden party',
      'our Sunday lunch',
    ],
  },
}

/** Which settings suit a family of tasks; the first is the most common one. */
export const fillerSettings: Readonly<Record<string, readonly FillerSetting[]>> = {
  classification: [school, quiz, office],
  comparison: [school, quiz, home],
  counting: [school, home, quiz],
  dates: [office, school, home],
  formatting: [office, school, home],
  lists: [home, office, school],
  rules: [office, home, school],
  words: [school, quiz, home],
}
