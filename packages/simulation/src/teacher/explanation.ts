import type { Rng } from '@sedi/core'

// What people and models say on the way to an answer; true of any task, so that no answer is given away or spoiled.
const sentences = [
  'Let us go through it step by step, so that nothing is left out.',
  'The question names everything that is needed, so the answer follows from it.',
  'First I read the whole task again and note what exactly it asks for.',
  'Then I compare the parts with each other, in the order in which they are given.',
  'Only one of the possible answers fits all of what is said here.',
  'The other words around the question do not change what is asked.',
  'It helps to say the rule in plain words before it is applied.',
  'A quick check at the end shows that the result agrees with the task.',
  'Someone who does this for the first time may want to write the steps down.',
  'There is no trick in it, and no special knowledge is needed.',
  'What matters is the form of the answer, which should be as short as possible.',
  'With that in mind, the last step is easy and can be done at a glance.',
] as const

const sentencesPerAnswer = 3

/** The answer at the end of an explanation, as chat models like to give it. */
export function explained(answer: string, rng: Rng): string {
  return `${rng.sample(sentences, sentencesPerAnswer).join(' ')}\nAnswer: ${answer}`
}
