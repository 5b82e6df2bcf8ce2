import type { Task } from '@sedi/spec'
import type { ParsedItem, Reply } from '../strategies/strategy.ts'
import { cleanReply, excerpt, isNoInput } from './clean-reply.ts'

/** Whether a reply to “is it a classification task?” says so; anything but a yes is a no. */
export const readClassification = ({ text }: Reply): boolean => /^[\s"'*_]{0,8}(?:classification:\s{0,4})?yes\b/i.test(cleanReply(text).slice(0, 60))

const labels = /^[ \t>*#-]{0,20}[*_]{0,3}(Input|Output|Label)[*_]{0,3}[ \t]{0,4}:[*_]{0,3}[ \t]*/gim

/**
 * The task with the input and output of a reply that continues `Input:` (or `Label:`, when labels come first); the first instance counts, where
 * there are several. Never throws, whatever the text.
 */
export function readInstance(reply: Reply, task: Task, labelFirst: boolean): ParsedItem {
  const text = cleanReply(reply.text)
  const broken = (reason: 'malformed' | 'truncated', problem: string): ParsedItem => ({ ok: false, reason, excerpt: excerpt(text), problem })
  if (text.trim() === '') return broken('malformed', reply.finishReason === 'content-filter' ? 'refused' : 'empty reply')
  const marks = [...text.matchAll(labels)]
  const begun = { name: labelFirst ? 'label' : 'input', text: text.slice(0, marks[0]?.index).trim() }
  const parts = marks.map((mark, i) => ({ name: mark[1]!.toLowerCase(), text: text.slice(mark.index + mark[0].length, marks[i + 1]?.index).trim() }))
  // The reply continues the prompt's last label, or repeats it; what stands before the repetition is talk.
  const all = parts[0]?.name === begun.name ? parts : [begun, ...parts]
  const input = all.findIndex(({ name }) => name === 'input')
  const output = all.findIndex(({ name }) => name === (labelFirst ? 'label' : 'output'))
  const answer = all[output]?.text ?? ''
  if (input < 0 || output < 0) return broken('malformed', `expected ${labelFirst ? 'a label and an input' : 'an input and an output'}`)
  if (answer === '') return broken('malformed', 'empty output')
  if (reply.finishReason === 'length' && Math.max(input, output) === all.length - 1) return broken('truncated', 'the reply ended at its length limit')
  const given = all[input]!.text
  return { ok: true, task: { ...task, input: isNoInput(given) ? '' : given, output: answer } }
}
