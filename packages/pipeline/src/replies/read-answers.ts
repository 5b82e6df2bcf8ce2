import type { Task } from '@sedi/spec'
import type { ParsedItem, Reply } from '../strategies/strategy.ts'
import { cleanReply, excerpt } from './clean-reply.ts'
import { readJsonObjects } from './read-json-objects.ts'
import { fieldOf, looksLikeJson, plainText } from './read-json-tasks.ts'
import { readNumbered } from './read-numbered.ts'

const ownLabel = /^[*_]{0,3}(?:Output|Answer)[*_]{0,3}[ \t]{0,4}:[*_]{0,3}[ \t]*/i

/**
 * The tasks with their answers: numbered as the tasks were, or an object for each; an only task's answer is the whole reply. A task
 * whose number is missing, empty or cut off comes back as malformed or truncated; so does the one before a missing number, which may hold two
 * answers. Never throws, whatever the text.
 */
export function readAnswers(reply: Reply, tasks: readonly Task[]): readonly ParsedItem[] {
  const text = cleanReply(reply.text)
  const cut = reply.finishReason === 'length'
  const list = tasks.length === 1 ? new Map<number, string>() : byNumber(readNumbered(text).map((part) => [part.number, part.text]))
  const isList = list.size > 0
  const answers = tasks.length === 1 ? new Map([[1, readOnly(text)]]) : isList ? list : readObjects(text)
  const last = cut ? [...answers.keys()].at(-1) : undefined
  return tasks.map((task, i) => {
    const answer = answers.get(i + 1)
    const broken = (reason: 'malformed' | 'truncated', problem: string): ParsedItem => ({ ok: false, reason, excerpt: excerpt(answer ?? text), problem })
    if (answer === undefined) return broken(cut ? 'truncated' : 'malformed', `no answer numbered ${i + 1}`)
    if (i + 1 === last) return broken('truncated', 'the reply ended at its length limit inside this answer')
    if (isList && i + 1 < tasks.length && !answers.has(i + 2)) return broken('malformed', `number ${i + 2} is missing: this may be two answers`)
    if (answer === '') return broken('malformed', reply.finishReason === 'content-filter' ? 'refused' : 'empty answer')
    return { ok: true, task: { ...task, output: answer } }
  })
}

function readOnly(text: string): string {
  const [part, ...more] = readNumbered(text)
  // A whole list is the answer itself; a single number was copied from the prompt's form.
  const isOurs = part?.number === 1 && more.length === 0 && /^\s*\[1\]/.test(text)
  return (isOurs ? part.text : text.trim()).replace(ownLabel, '').trim()
}

function readObjects(text: string): Map<number, string> {
  if (!looksLikeJson(text)) return new Map()
  const { objects } = readJsonObjects(text)
  return byNumber(objects.map((object) => [Number(plainText(fieldOf(object, 'number'))), plainText(fieldOf(object, 'answer'))]))
}

/** The first answer to each number counts. */
function byNumber(entries: readonly (readonly [number, string])[]): Map<number, string> {
  const answers = new Map<number, string>()
  for (const [number, answer] of entries) if (!answers.has(number)) answers.set(number, answer.replace(ownLabel, '').trim())
  return answers
}
