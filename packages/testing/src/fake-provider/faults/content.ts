import { answered, type Fault, type FaultContext, type Faults, say } from './fault.ts'
import { beginningOf, tasksIn } from './task-text.ts'

/** Text that breaks where someone counts bytes, splits surrogate pairs or normalises: accents both ways, other scripts, a family, directions, NUL. */
export const unicodeText = 'naïve nai\u0308ve — 数学 हिन्दी العربية 👩‍👩‍👧 𝒳 \u202Eabc\u202C \u0000 “end”\r\n\ttab'

const habits = 'what language models do'
const complaints = 'issues about parsing in the trackers of distilabel, bespokelabs-curator and stanford_alpaca'

/** The teacher's text, spoiled. */
function text(about: string, spoil: (taught: string, context: FaultContext) => string, source = habits): Fault {
  return { about, source, act: say((context, taught) => ({ text: spoil(taught.text, context) })), expected: answered }
}

/** The teacher's tasks as JSON, spoiled. */
const json = (about: string, spoil: (tasks: string, count: number) => string): Fault =>
  text(
    about,
    (taught) => {
      const tasks = tasksIn(taught)
      return spoil(JSON.stringify({ tasks }, null, 2), tasks.length)
    },
    complaints,
  )

const blocksOf = (taught: string): string[] => taught.split('\n###\n')

/** A proper answer whose text is not what was asked for. */
export const content = {
  'unicode-text': {
    about: 'text that breaks where bytes are counted',
    source: `the Unicode standard; ${habits}`,
    act: say(() => ({ text: unicodeText })),
    expected: { finishReason: 'stop', text: unicodeText },
  },
  'json-plain': json('the tasks as JSON', (tasks) => tasks),
  'json-fenced': json('the tasks as JSON in a code fence', (tasks) => `\`\`\`json\n${tasks}\n\`\`\``),
  'json-prose': json(
    'the tasks as JSON with a sentence before and after',
    (tasks) => `Here is the JSON you asked for:\n\n${tasks}\n\nLet me know if you need more!`,
  ),
  'json-trailing-comma': json('the tasks as JSON with trailing commas', (tasks) => tasks.replaceAll(/(?<=[}"])(?=\s*[}\]])/g, ',')),
  'json-truncated': json('the tasks as JSON that ends in the middle', (tasks) => tasks.slice(0, Math.ceil(tasks.length * 0.6))),
  'json-single-quotes': json('the tasks as JSON in single quotes', (tasks) => tasks.replaceAll("'", '’').replaceAll('"', "'")),
  'json-nan': json('the tasks as JSON with NaN and undefined', (tasks) =>
    tasks.replace(/"input": "[^"]*"/, '"input": NaN').replace(/\}$/, ', "score": undefined}'),
  ),
  'json-duplicate-keys': json('the tasks as JSON in which keys occur twice', (tasks) =>
    tasks.replaceAll('"instruction": ', '"instruction": "first", "instruction": '),
  ),
  'json-comments': json('the tasks as JSON with comments', (tasks) => tasks.replace('{', '{ // the tasks')),
  'json-twice': json('the tasks as JSON, twice in a row', (tasks) => `${tasks}\n${tasks}`),
  'json-lines': text(
    'one JSON object a line',
    (taught) =>
      tasksIn(taught)
        .map((task) => JSON.stringify(task))
        .join('\n'),
    complaints,
  ),
  'think-block': text(
    'a <think> block before the answer',
    (taught) => `<think>\nThe user wants tasks. 1. Instruction: think of one.\n</think>\n\n${taught}`,
    'Qwen3 and DeepSeek-R1 model cards',
  ),
  'think-open': text(
    'a <think> block that never ends',
    (taught) => `<think>\nThe user wants tasks, so let me see: ${taught}`,
    'reasoning models that were cut off',
  ),
  'think-closed-only': text(
    'only the end of a <think> block',
    (taught) => `The user wants tasks.\n</think>\n\n${taught}`,
    'DeepSeek-R1 chat template: the prompt opens the block',
  ),
  renumbered: text('the numbers begin again at 1 in the middle', (taught) =>
    renumber(taught, (i, count) => (i < count / 2 ? i + 1 : i + 1 - Math.floor(count / 2))),
  ),
  'double-numbers': text(
    '“1. 1. Instruction:”',
    (taught) => taught.replaceAll(/^(\d+\. )(?=Instruction:)/gm, '$1$1'),
    'tatsu-lab/stanford_alpaca, issues about parsing',
  ),
  'no-numbers': text('no numbers at all', (taught) => taught.replaceAll(/^\d+\. (?=Instruction:|Input:|Output:)/gm, '')),
  'missing-items': text('half of the tasks asked for', (taught) =>
    blocksOf(taught)
      .slice(0, Math.ceil(blocksOf(taught).length / 2))
      .join('\n###\n'),
  ),
  'extra-items': text('every task twice: more than asked for', (taught) => `${taught}\n###\n${taught}`),
  'exact-duplicates': text('one task again and again', (taught) =>
    renumber(
      blocksOf(taught)
        .map(() => blocksOf(taught).at(-1)!)
        .join('\n###\n'),
      (i) => i + 1,
    ),
  ),
  'near-duplicates': text('every task once more with a word added', (taught) =>
    blocksOf(taught)
      .flatMap((block) => [block, block.replace('Instruction: ', 'Instruction: Please ')])
      .join('\n###\n'),
  ),
  'seed-echo': text('the examples of the prompt, verbatim', (_, { request }) => request.messages.at(-1)?.content ?? '', complaints),
  'prompt-leak': text('the prompt before the answer', (taught, { request }) => `${request.messages.map(({ content }) => content).join('\n')}\n${taught}`),
  markdown: text('markdown headings and bold labels', (taught) =>
    taught.replaceAll(/^(\d+)\. (Instruction|Input|Output):/gm, (_, n, label) => (label === 'Instruction' ? `## Task ${n}\n\n**${label}:**` : `**${label}:**`)),
  ),
  'as-an-ai': text('a refusal as an ordinary answer', () => "I'm sorry, but as an AI language model I cannot help with creating these tasks."),
  'as-an-ai-item': text('a refusal inside one task', (taught) =>
    taught.replace(/(Output:\n).*/, "$1As an AI language model, I don't have personal opinions, so I cannot answer this."),
  ),
  'sure-here': text(
    '“Sure! Here are…” before, a question after',
    (taught) => `Sure! Here are the tasks you asked for:\n\n${taught}\n\nWould you like me to write more?`,
  ),
  'other-language': text(
    'another language',
    () => '1. Instruction: Übersetze den Satz ins Englische.\n1. Input:\nDer Zug fährt ab.\n1. Output:\nThe train is leaving.',
  ),
  mojibake: text('UTF-8 read as Latin-1', (taught) => taught.replaceAll("'", 'â€™').replaceAll('e', 'Ã©')),
  'replacement-characters': text('U+FFFD in the text', (taught) => taught.replaceAll('o', '\ufffd')),
  'lone-surrogate': text('half a surrogate pair', (taught) => `${taught} \ud83d`, 'JSON escapes can carry it; UTF-8 cannot'),
  nul: text('NUL and other control characters', (taught) => taught.replaceAll(' ', '\u0000 \u0007')),
  bom: text('a byte order mark at the beginning', (taught) => `\ufeff${taught}`),
  bidi: text('marks of direction and of zero width', (taught) => taught.replaceAll(/(\w)(\w)/g, '$1\u200b\u202e$2\u202c')),
  'long-line': text('one line of 200,000 characters', () => `1. Instruction: ${'word '.repeat(40_000)}`),
  'line-ends': text('CR LF and lone CR', (taught) => taught.replaceAll('\n', '\r\n').replace('\r\n', '\r')),
  'stop-fragment': text('part of a stop sequence at the end', (taught, { request }) => `${taught}\n${(request.stop?.[0] ?? '###').slice(0, 2)}`),
  'cut-item': text('the last task ends in the middle', (taught) => beginningOf(taught, 0.9)),
  'empty-item': text('a task without a word', (taught) => `${taught}\n###\n99. Instruction:\n99. Input:\n99. Output:`),
  whitespace: text('white space only', () => ' \n\t\n '),
} satisfies Faults

function renumber(taught: string, number: (i: number, count: number) => number): string {
  const blocks = blocksOf(taught)
  return blocks.map((block, i) => block.replaceAll(/^\d+(?=\. (?:Instruction|Input|Output):)/gm, String(number(i, blocks.length)))).join('\n###\n')
}
