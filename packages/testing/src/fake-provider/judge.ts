import type { ChatRequest } from './chat-request.ts'

const answers = /<<<(first|second) answer\n([\s\S]*?)\n\1 answer>>>/g

/**
 * What the model `simulated-judge` says about two answers between such marks: the longer one is better; of equally long ones neither is, or, when both
 * say `[first]`, the one shown first. `[off format]` in the first one makes it talk instead, `[refuse]` makes its provider withhold the verdict.
 */
export function judgeAnswers({ messages }: Pick<ChatRequest, 'messages'>): { readonly text: string; readonly finishReason: string } {
  const [first = '', second = ''] = [...(messages.at(-1)?.content ?? '').matchAll(answers)].map(([, , answer]) => answer!)
  if (first.includes('[refuse]')) return { text: '', finishReason: 'content_filter' }
  if (first.includes('[off format]')) return { text: 'Both answers have their merits, I would say.', finishReason: 'stop' }
  const bySlot = first.includes('[first]') && second.includes('[first]')
  const better = bySlot || first.length > second.length ? 'first' : first.length < second.length ? 'second' : 'equal'
  return { text: JSON.stringify({ reason: 'It says more.', better }), finishReason: 'stop' }
}
