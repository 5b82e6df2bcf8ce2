import { createRng } from '@sedi/core'
import type { SeedTask } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import joint from './joint.ts'

const seed = (id: string, over: Partial<SeedTask> = {}): SeedTask => ({
  id,
  origin: 'human',
  instruction: `Instruction ${id}`,
  input: `Input ${id}`,
  output: `Output ${id}`,
  ...over,
})
const task = (instruction: string, input: string, output: string) => ({ ok: true, task: { instruction, input, output } })
const options = { strategy: 'joint', format: 'text', seedsPerPrompt: 3, tasksPerCall: 20, answersPerCall: 10 } as const
const parse = (text: string, finishReason: 'stop' | 'length' = 'stop') => joint.read({ text, finishReason }, options)

describe('joint prompt', () => {
  it('shows the seeds as a numbered list and asks for the next numbers', () => {
    const [message] = joint.ask([seed('a'), seed('b', { input: '' })], options).messages
    expect(message!.content).toContain('20 new tasks, numbered 3 to 22')
    expect(message!.content).toContain('1. Instruction: Instruction a\n1. Input:\nInput a\n1. Output:\nOutput a')
    expect(message!.content).toContain('2. Instruction: Instruction b\n2. Input:\n<noinput>\n2. Output:\nOutput b')
    expect(message!.content.endsWith('###')).toBe(true)
  })

  it('is read back by its own parser, line breaks in inputs and outputs included', () => {
    const seeds = [seed('a', { input: 'first line\nsecond line', output: 'x\n\ny' }), seed('b', { input: '' })]
    const [message] = joint.ask(seeds, { ...options, tasksPerCall: 1 }).messages
    const list = message!.content.slice(message!.content.indexOf('###\n1.'))
    expect(parse(list)).toEqual(seeds.map(({ instruction, input, output }) => task(instruction, input, output)))
  })
})

describe('joint parse', () => {
  it('reads a plain reply, with or without separators, greeting or bold labels', () => {
    const plain = '4. Instruction: Add.\n4. Input:\n1 2\n4. Output:\n3\n###\n5. Instruction: Greet.\n5. Input:\n<noinput>\n5. Output:\nHello'
    const wanted = [task('Add.', '1 2', '3'), task('Greet.', '', 'Hello')]
    expect(parse(plain)).toEqual(wanted)
    expect(parse(`Sure! Here are the tasks:\n\n###\n${plain}\n###\n`)).toEqual(wanted)
    expect(parse(plain.replaceAll('###\n', ''))).toEqual(wanted)
    expect(parse(plain.replaceAll(/(\d\. \w+):/g, '**$1:**'))).toEqual(wanted)
    expect(parse(plain.replaceAll('\n', '\r\n'))).toEqual(wanted)
    expect(parse(plain.replaceAll(/\d\. /g, ''))).toEqual(wanted)
  })

  it('leaves unnumbered labels inside a numbered task alone', () => {
    expect(parse('4. Instruction: Explain the log.\n4. Input:\nInput: 3\nOutput: 4\n4. Output:\nIt adds one.')).toEqual([
      task('Explain the log.', 'Input: 3\nOutput: 4', 'It adds one.'),
    ])
  })

  it('recovers the good tasks around broken ones and says what is wrong with those', () => {
    const items = parse(
      '4. Instruction: A good one.\n4. Input:\nx\n4. Output:\ny\n###\n5. Instruction: No output.\n5. Input:\nx\n###\n6. Instruction: Empty output.\n6. Input:\nx\n6. Output:\n\n###\n7. Instruction: Another good one.\n7. Input:\n\n7. Output:\nz',
    )
    expect(items.map((item) => (item.ok ? item.task.instruction : item.problem))).toEqual([
      'A good one.',
      expect.stringMatching(/found instruction,input$/),
      'empty output',
      'Another good one.',
    ])
  })

  it('reports the last item of a reply that hit its limit as truncated', () => {
    const items = parse('4. Instruction: Whole.\n4. Input:\nx\n4. Output:\ny\n###\n5. Instruction: Cut.\n5. Input:\nx\n5. Output:\nhalf an ans', 'length')
    expect(items.map((item) => (item.ok ? 'ok' : item.reason))).toEqual(['ok', 'truncated'])
  })

  it('finds nothing in an empty reply and one malformed item in prose', () => {
    expect(parse('')).toEqual([])
    expect(parse('  \n')).toEqual([])
    expect(parse('I am sorry, I cannot do that.')).toEqual([
      { ok: false, reason: 'malformed', excerpt: 'I am sorry, I cannot do that.', problem: expect.stringMatching(/no "Instruction:"/) },
    ])
  })

  it('never throws, whatever comes', () => {
    const rng = createRng(1, 'joint-fuzz')
    const pieces = [
      '4. ',
      'Instruction:',
      'Input:',
      'Output:',
      '###',
      '\n',
      '**',
      '\u0000',
      '\uD800',
      '漢字',
      '# ',
      '<noinput>',
      'text',
      ' ',
      '9'.repeat(30),
      '"',
      '```',
    ]
    for (let i = 0; i < 3000; i++) {
      const text = Array.from({ length: rng.int(30) }, () => rng.pick(pieces)).join('')
      for (const item of parse(text, rng.pick(['stop', 'length'] as const))) if (item.ok) expect(item.task.instruction.trim()).not.toBe('')
    }
  })

  it('takes time in proportion to the text: no pattern runs away', () => {
    // Would not end within the test's time if the label pattern backtracked over runs of its own characters.
    expect(parse(' *#-'.repeat(50_000))).toHaveLength(1)
    expect(parse('4. Instruction: '.repeat(5000)).length).toBeGreaterThan(0)
  })
})
