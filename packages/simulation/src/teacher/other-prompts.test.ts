import { describe, expect, it } from 'vitest'
import { createWorld } from '../create-world.ts'

const careful = { wrongAnswers: 0, malformed: 0, greetings: 0 }
const world = createWorld(careful)
const ask = (content: string, seed = 1, options: Parameters<typeof createWorld>[0] = careful): string =>
  createWorld(options).teach({ messages: [{ role: 'user', content }], maxOutputTokens: 4000, seed }).text

const list =
  'Continue the list below with 40 new tasks, numbered [3] to [42].\n\n[1] What day comes before Friday?\n[2] Write this number in letters.\nInput: 8'
const entries = (text: string) =>
  text.split(/^\[\d+\] ?/m).map((part) => {
    const [instruction, input = ''] = part.trim().split('\nInput: ')
    return { instruction: instruction!, input, output: '' }
  })

describe('a list of instructions', () => {
  it('is continued without answers, in the numbers asked for, with tasks of the world', () => {
    const [before, ...tasks] = entries(ask(list))
    expect([before!.instruction, tasks.length]).toEqual(['', 40])
    expect(ask(list)).toMatch(/^\[3\] [\s\S]*^\[42\] /m)
    expect(tasks.filter((task) => world.kindOf(task) === undefined)).toEqual([])
    expect(tasks.some(({ input }) => input !== '')).toBe(true)
  })

  it('has lines only where lines were shown', () => {
    const lines = ask(
      'Continue it with 30 new tasks, numbered 3 to 32: one line each, the instruction only.\n\n1. What day comes before Friday?\n2. Write this number in letters.',
    ).split('\n')
    expect(lines).toHaveLength(30)
    for (const [i, line] of lines.entries()) expect(line).toMatch(new RegExp(`^${i + 3}\\. \\S`))
  })

  it('has the habits and mistakes of the world', () => {
    const broken = entries(ask(list, 1, { ...careful, malformed: 1 }))
    expect(broken.filter((task) => world.kindOf(task) !== undefined).length).toBeLessThan(15)
    const kinds = (options: Parameters<typeof createWorld>[0]) =>
      new Set(entries(ask(list, 1, { ...careful, ...options })).map((task) => world.kindOf(task)?.id))
    expect(kinds({ anchoring: 0, kindSkew: 0, selfRepetition: 0 }).size).toBeGreaterThan(kinds({ anchoring: 1, keepKind: 1 }).size + 5)
  })
})

describe('JSON', () => {
  it('is written where examples are JSON, whole tasks or without answers', () => {
    const examples = { instruction: 'What day comes before Friday?', input: '', output: 'Thursday' }
    const whole = JSON.parse(ask(`Write 20 new tasks as JSON.\n${JSON.stringify(examples)}`)).tasks
    expect(whole).toHaveLength(20)
    for (const task of whole) expect(world.check(task).verdict).toBe('right')
    const { output: _, ...bare } = examples
    const drafts = JSON.parse(ask(`Write 20 new tasks as JSON.\n${JSON.stringify(bare)}`)).tasks
    for (const draft of drafts) expect(Object.keys(draft)).toEqual(['instruction', 'input'])
    expect(() => JSON.parse(ask(`Write 20 new tasks as JSON.\n${JSON.stringify(bare)}`, 1, { ...careful, malformed: 1 }))).toThrow()
  })
})

describe('answers', () => {
  const tasks = entries(ask(list)).slice(1, 31)
  const answersOf = (options: Parameters<typeof createWorld>[0]) => {
    const asked = tasks.map(({ instruction, input }, i) => `[${i + 1}] ${instruction}${input === '' ? '' : `\nInput: ${input}`}`)
    const parts = ask(`Answer each of the 30 tasks below.\n\n${asked.join('\n')}`, 3, options).split(/^\[\d+\] /m)
    return tasks.map((task, i) => world.check({ ...task, output: parts[i + 1]!.trim() }).verdict)
  }

  it('are right, or wrong as often as the teacher errs', () => {
    expect(answersOf(careful)).toEqual(tasks.map(() => 'right'))
    const wrong = answersOf({ ...careful, wrongAnswers: 0.5 }).filter((verdict) => verdict === 'wrong').length
    expect(wrong).toBeGreaterThan(7)
    expect(wrong).toBeLessThan(23)
  })

  it('explain themselves where the teacher does, and are right all the same', () => {
    expect(answersOf({ ...careful, explanations: 1 })).toEqual(tasks.map(() => 'right'))
    expect(answersOf({ ...careful, explanations: 1, rewordings: 1 })).toEqual(tasks.map(() => 'right'))
    expect(answersOf({ ...careful, wrongAnswers: 1, rewordings: 1 })).toEqual(tasks.map(() => 'wrong'))
    expect(ask('Answer the task below.\n\nTask: What day comes before Monday?', 1, { ...careful, rewordings: 1 })).toMatch(
      /^(It is|The answer is|That gives|You get) Sunday\.$/,
    )
    const text = ask('Answer the task below.\n\nTask: What day comes before Monday?', 1, { ...careful, explanations: 1 })
    expect(text).toMatch(/^(?:[A-Z][^.]+\. ){2}[A-Z][^.]+\.\nAnswer: Sunday$/)
  })

  it('come plainly to an only task, also of no known kind', () => {
    expect(ask('Answer the task below.\n\nTask: What day comes before Monday?')).toBe('Sunday')
    expect(ask('Answer the task below.\n\nTask: Praise the harbour bakery.')).toMatch(/\S/)
  })
})

describe('questions about an instruction', () => {
  it('whether it is a classification task', () => {
    const isOne = (instruction: string) => ask(`Yes or No?\n\nTask: Sing.\nClassification: No\n\nTask: ${instruction}\nClassification:`)
    expect(isOne('Name the category of this word, such as vegetable, vehicle or tool.')).toBe(' Yes')
    expect(isOne('Copy only the first entry of the list.')).toBe(' No')
    expect(isOne('Praise the harbour bakery.')).toBe(' No')
  })

  it('an input and the right output for it, in either order', () => {
    for (let seed = 0; seed < 20; seed++) {
      const instruction = 'Copy the second entry and leave out the others.'
      const [input, output] = ask(`For each task …\n\nTask: ${instruction}\nInput:`, seed).split('\nOutput: ') as [string, string]
      expect(world.check({ instruction, input: input.trim(), output }).verdict).toBe('right')
      const [label, given] = ask(`For each task …\n\nTask: ${instruction}\nLabel:`, seed).split('\nInput: ') as [string, string]
      expect(world.check({ instruction, input: given, output: label.trim() }).verdict).toBe('right')
    }
    expect(ask('For each task …\n\nTask: What day comes before Monday?\nInput:')).toBe(' <noinput>\nOutput: Sunday')
  })
})
