import { createRng } from '@sedi/core'
import { createWorld } from '@sedi/simulation'
import type { SeedTask, Task } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { strategies } from './registry.gen.ts'
import type { PromptOptions, PromptStrategy, Reply } from './strategy.ts'

const base = { seedsPerPrompt: 3, tasksPerCall: 12, answersPerCall: 4 } as const
const all = Object.values(strategies as Record<string, PromptStrategy>).flatMap((strategy) =>
  strategy.formats.map((format) => ({ strategy, options: { ...base, strategy: strategy.id, format } satisfies PromptOptions })),
)
const world = createWorld({ wrongAnswers: 0, malformed: 0, greetings: 0 })
const careless = createWorld({ malformed: 0.2, greetings: 0.5, explanations: 0.5 })
const seeds: readonly SeedTask[] = world.seedTasks

function replyTo(strategy: PromptStrategy, options: PromptOptions, seed: number, teacher = world): Reply {
  const { messages, stop } = strategy.ask(createRng(seed).sample(seeds, 3), options)
  return teacher.teach({ messages, maxOutputTokens: 4000, seed, stop })
}

describe.each(all.map(({ strategy, options }) => [`${strategy.id}, ${options.format}`, strategy, options] as const))('%s', (_, strategy, options) => {
  it('begins its prompts alike, whatever the seeds: the rules come first', () => {
    const contents = [1, 2, 3].map((seed) => strategy.ask(createRng(seed).sample(seeds, 3), options).messages[0]!.content)
    const common = [...contents[0]!].findIndex((sign, i) => contents.some((content) => content[i] !== sign))
    const length = contents[0]!.length - seeds[0]!.instruction.length
    expect(common / length).toBeGreaterThan(0.3)
  })

  it('reads every task of a good reply, whatever stands around it', () => {
    const { text } = replyTo(strategy, options, 1)
    const tasks = strategy.read({ text, finishReason: 'stop' }, options)
    expect(tasks.filter(({ ok }) => ok)).toHaveLength(12)
    for (const around of [
      'Sure! Here they are:\n\n@',
      '<think>[1] hm\n4. Instruction: no</think>\n@',
      '```\n@\n```',
      'Here:\n```text\n@\n```\nAnything else?',
      '\uFEFF@\u0000\n',
    ]) {
      expect(strategy.read({ text: around.replace('@', () => text), finishReason: 'stop' }, options)).toEqual(tasks)
    }
  })

  it('never throws, ends, and gives whole tasks or reasons, whatever is done to a reply', () => {
    const rng = createRng(1, 'mutate', strategy.id, options.format)
    const junk = [
      '\u0000',
      '\ud800',
      '"',
      '{',
      '}',
      ']',
      '[5] ',
      '\n',
      '\n###\n',
      '5. ',
      'Input:',
      'Output:',
      '```\n',
      '<think>',
      '</think>',
      '\\',
      '漢',
      '\u202e',
      '**',
    ]
    const replies = Array.from({ length: 8 }, (_, i) => replyTo(strategy, options, i, careless).text)
    for (let i = 0; i < 400; i++) {
      let text = replies[i % replies.length]!
      for (let change = rng.int(6); change > 0; change--) {
        const [from, to] = [rng.int(text.length + 1), rng.int(text.length + 1)].sort((a, b) => a - b) as [number, number]
        const ways = [
          () => text.slice(0, to),
          () => text.slice(0, from) + rng.pick(junk) + text.slice(from),
          () => text.slice(0, from) + text.slice(Math.min(to, from + 20)),
          () => text + text.slice(from, to),
        ]
        text = rng.pick(ways)()
      }
      for (const item of strategy.read({ text, finishReason: rng.pick(['stop', 'length', 'content-filter', 'other'] as const) }, options)) {
        if (item.ok) expect([item.task.instruction.trim() !== '', (item.task.output === '') === (strategy.followUps !== undefined)]).toEqual([true, true])
        else expect(item.problem).not.toBe('')
      }
    }
  })

  it('recovers every well-formed task around a broken one', () => {
    const { text } = replyTo(strategy, options, 7)
    const wanted = strategy.read({ text, finishReason: 'stop' }, options).flatMap((item) => (item.ok ? [item.task.instruction] : []))
    // The sixth task loses its middle: labels, quotation marks or numbers with it.
    const [begin, end] = [text.indexOf(wanted[5]!), text.indexOf(wanted[6]!)]
    const found = strategy.read({ text: `${text.slice(0, begin + 5)}\n\u0000${text.slice(end - 4)}`, finishReason: 'stop' }, options)
    const recovered = found.flatMap((item) => (item.ok ? [item.task.instruction] : []))
    expect(recovered).toEqual(expect.arrayContaining([...wanted.slice(0, 5), ...wanted.slice(8)]))
  })

  if (strategy.followUps === undefined) return
  const followUps = strategy.followUps

  it('asks about a group until it is finished, within its bounds, and gives an item for each task', () => {
    const drafts = strategy.read(replyTo(strategy, options, 3), options).flatMap((item) => (item.ok ? [item.task] : []))
    const group: readonly Task[] = drafts.slice(0, followUps.groupSize(options))
    const replies: Reply[] = []
    for (const bound of followUps.bounds(options)) {
      const question = followUps.next(group, replies, options)
      if ('finished' in question) throw new Error('finished early')
      const bytes = question.messages.reduce((sum, { content }) => sum + Buffer.byteLength(content), 0)
      const own = group.reduce((sum, { instruction, input }) => sum + Buffer.byteLength(instruction) + Buffer.byteLength(input), 0)
      expect(bytes - own).toBeLessThanOrEqual(bound.promptBytes)
      expect(question.stage).toBe(bound.stage)
      if (bound.maxOutputTokens !== undefined) expect(question.maxOutputTokens).toBeLessThanOrEqual(bound.maxOutputTokens)
      replies.push(world.teach({ messages: question.messages, maxOutputTokens: question.maxOutputTokens ?? 2000, stop: question.stop, seed: 1 }))
    }
    const step = followUps.next(group, replies, options)
    if (!('finished' in step)) throw new Error('not finished')
    expect(step.finished).toHaveLength(group.length)
    for (const item of step.finished) expect(item.ok && world.check(item.task).verdict).toBe('right')
  })

  it('never throws, whatever the answers', () => {
    const rng = createRng(2, 'answers', strategy.id)
    const group = [
      { instruction: 'Add.', input: '1 2', output: '' },
      { instruction: 'Greet.', input: '', output: '' },
    ].slice(0, followUps.groupSize(options))
    const pieces = ['[1] ', '[2] ', 'Yes', 'No', 'Input:', 'Output:', 'Label:', '\n', '{"number": 1, "answer": ', '"x"', '}', '\u0000', '\ud800', 'text ']
    for (let i = 0; i < 1000; i++) {
      const replies = followUps.bounds(options).map(() => ({
        text: Array.from({ length: rng.int(12) }, () => rng.pick(pieces)).join(''),
        finishReason: rng.pick(['stop', 'length', 'content-filter'] as const),
      }))
      const step = followUps.next(group, replies, options)
      expect('finished' in step && step.finished.length).toBe(group.length)
    }
  })
})
