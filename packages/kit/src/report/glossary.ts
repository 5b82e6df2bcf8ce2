/** The words of a report, for who reads only this. */
export const glossary: readonly (readonly [term: string, meaning: string])[] = [
  ['teacher', 'The language model that writes tasks and their answers. What it charges is the cost of the data.'],
  ['student', 'The smaller model that is trained on what was kept.'],
  ['seed', 'A task shown to the teacher as an example of what to write. Human seeds come with the run; promoted ones were written during it.'],
  ['call', 'One question to the teacher; an answer holds several tasks.'],
  ['kept, rejected', 'Every task that was written has one verdict, and the rejected ones a reason. Both are recorded.'],
  ['yield', 'Kept divided by written.'],
  ['ROUGE-L', 'How much two texts have in common: 0 is not a word, 1 is the same words in the same order.'],
  ['round', 'Buy, filter, compose batches, train, choose new seeds, evaluate; once.'],
  ['batch diversity', '1 minus the mean pairwise ROUGE-L of the instructions that are trained on together.'],
  ['signal', 'The number that says from which batch the student learned most: by default the norm of the gradient. New seeds come from those batches.'],
  ['interval', 'A range made so that 95 of 100 such ranges hold the true value, as far as the test items stand for all such items.'],
  ['Self-Instruct’s filter', 'The usual filter in the field (ROUGE-L at most 0.7), replayed over the same texts to compare with; not another run.'],
  ['digest', 'A hash over everything that is a result. Two runs with the same digest made the same data.'],
  ['fingerprint', 'A hash over everything that decides the result: the configuration and its input files.'],
]

/** How the data came about, for who has never heard of it. */
export const methodParagraph =
  'A teacher model is shown a few seed tasks and writes new ones. Each new task is checked for form and defects and compared with everything kept before; what is too similar is rejected. What is kept is grouped into training batches whose members differ from each other, and a student model is trained on them. The batches from which the student learned most, by a signal that training gives anyway, are where some of the next seeds are taken from; seeds whose descendants taught little leave. The next round starts with the changed seeds. Every answer, verdict, batch, training step and change of the seeds is recorded in an append-only ledger, from which every figure here was read.'
