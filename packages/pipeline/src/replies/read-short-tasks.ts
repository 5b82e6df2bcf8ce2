import type { FinishReason } from '@sedi/spec'
import type { ParsedItem } from '../strategies/strategy.ts'
import { excerpt, isNoInput } from './clean-reply.ts'
import { readNumbered } from './read-numbered.ts'

const labelled = (name: string): RegExp =>
  new RegExp(`^[ \\t>*#-]{0,20}(?:\\[?\\d{1,6}[\\].):]{1,2}[ \\t]{0,4})?[*_]{0,3}${name}[*_]{0,3}[ \\t]{0,4}:[*_]{0,3}`, 'im')
const inputLabel = labelled('Input')
const outputLabel = labelled('(?:Output|Answer)')
const ownLabel = /^[*_]{0,3}(?:Instruction|Task)[*_]{0,3}[ \t]{0,4}:[*_]{0,3}/i

/**
 * Reads a list of tasks in short form: a number, the instruction, perhaps a line `Input: …`, and `Output: …` when outputs are wanted; an
 * unwanted one is left out. A number that is missing in the middle makes the entry before the gap malformed: it may hold two tasks.
 */
export function readShortTasks(text: string, finishReason: FinishReason, withOutput: boolean): ParsedItem[] {
  if (text.trim() === '') return []
  const parts = readNumbered(text)
  if (parts.length === 0) return [{ ok: false, reason: 'malformed', excerpt: excerpt(text), problem: 'no numbered task' }]
  return parts.map((part, i) => {
    const broken = (reason: 'malformed' | 'truncated', problem: string): ParsedItem => ({ ok: false, reason, excerpt: excerpt(part.text), problem })
    if (finishReason === 'length' && i === parts.length - 1) return broken('truncated', 'the reply ended at its length limit inside this task')
    if ((parts[i + 1]?.number ?? 0) > part.number + 1) return broken('malformed', `number ${part.number + 1} is missing: this may be two tasks`)
    const outputFrom = at(part.text, outputLabel)
    const asked = part.text.slice(0, outputFrom)
    const inputFrom = at(asked, inputLabel)
    const instruction = asked.slice(0, inputFrom).trim().replace(ownLabel, '').replace(/\s+/g, ' ').trim()
    const input = asked.slice(inputFrom).replace(inputLabel, '').trim()
    const output = withOutput ? part.text.slice(outputFrom).replace(outputLabel, '').trim() : ''
    if (instruction === '') return broken('malformed', 'empty instruction')
    if (withOutput && output === '') return broken('malformed', 'empty output')
    return { ok: true, task: { instruction, input: isNoInput(input) ? '' : input, output } }
  })
}

function at(text: string, label: RegExp): number {
  const index = text.search(label)
  return index < 0 ? text.length : index
}
