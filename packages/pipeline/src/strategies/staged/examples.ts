import type { Task } from '@sedi/spec'

const yes = (instruction: string) => ({ instruction, isClassification: true })
const no = (instruction: string) => ({ instruction, isClassification: false })

/** Twelve that are classification tasks and nineteen that are not, as in Self-Instruct; ours. */
export const classificationExamples = [
  yes('Decide whether the customer’s message is a complaint, a question or praise.'),
  no('Suggest a name for a small bakery and say why it fits.'),
  yes('Is the sentence grammatical? Answer yes or no.'),
  no('Summarise the paragraph in one sentence.'),
  no('Write a polite reply that turns down the invitation.'),
  yes('Choose the season in which this fruit ripens: spring, summer, autumn or winter.'),
  no('List the ingredients that the recipe needs.'),
  yes('Say whether the headline is about sport, politics or culture.'),
  no('Translate the sentence into plain English.'),
  no('How many days are there between the two dates?'),
  yes('Label the review as positive, negative or neutral.'),
  no('Explain to a child why the sky is blue.'),
  no('Turn the notes into a paragraph.'),
  yes('Does the second sentence follow from the first: yes, no or unclear?'),
  no('Give three reasons for keeping a diary.'),
  yes('Tell which of the two products the reviewer prefers: the first or the second.'),
  no('Rewrite the sentence in the past tense.'),
  no('Plan a day trip for a family that likes the sea.'),
  yes('Mark the e-mail as spam or not spam.'),
  no('Complete the story with an ending nobody expects.'),
  no('Sort the numbers from the smallest to the largest.'),
  yes('Is this animal a mammal, a bird, a fish or a reptile?'),
  no('Find the total price of everything in the basket.'),
  no('Write four lines of verse about a railway station.'),
  yes('Judge how hard the exercise is: easy, medium or hard.'),
  no('Which words in the text rhyme with one another?'),
  no('Draw up a packing list for a week of hiking.'),
  yes('Is the statement a fact or an opinion?'),
  no('Describe how to mend a flat bicycle tyre.'),
  yes('Name the tone of the letter: formal or informal.'),
  no('Invent a riddle whose answer is a key.'),
] as const

export const inputFirstExamples: readonly Task[] = [
  {
    instruction: 'Summarise the note in one sentence.',
    input: 'The meeting moves from Tuesday to Thursday, because the hall is being painted. It begins at six as before.',
    output: 'The six o’clock meeting takes place on Thursday instead of Tuesday.',
  },
  { instruction: 'Give two reasons for walking to work.', input: '', output: 'It keeps you fit, and it costs nothing.' },
  { instruction: 'Put the words into alphabetical order.', input: 'plum, apple, cherry', output: 'apple, cherry, plum' },
  { instruction: 'How much change does the customer get?', input: 'Bill: 17 euros. Paid with: 20 euros.', output: '3 euros' },
  { instruction: 'Make the sentence polite.', input: 'Send me the file.', output: 'Could you please send me the file?' },
  { instruction: 'What is the opposite of “generous”?', input: '', output: 'mean' },
]

export const labelFirstExamples: readonly Task[] = [
  { instruction: 'Label the review as positive or negative.', input: 'The soup was cold and nobody apologised.', output: 'negative' },
  { instruction: 'Is the statement a fact or an opinion?', input: 'Water boils at a lower temperature on a mountain.', output: 'fact' },
  { instruction: 'Say whether the headline is about sport, politics or culture.', input: 'Museum shows letters of forgotten painter', output: 'culture' },
  { instruction: 'Mark the e-mail as spam or not spam.', input: 'You have won! Send your card number to claim the prize.', output: 'spam' },
  { instruction: 'Does the second sentence follow from the first: yes or no?', input: 'Anna has two brothers. Anna has a brother.', output: 'yes' },
]
