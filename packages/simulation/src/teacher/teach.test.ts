import { createRng } from '@sedi/core'
import type { Message, SeedTask } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { countTokens } from '../count-tokens.ts'
import { createWorld, type World, type WorldOptions } from '../create-world.ts'
import { examplePrompt } from '../fixtures/rejection-curve.ts'
import { type NumberedTask, readNumberedTasks } from '../numbered-tasks.ts'
import everyday from '../universes/everyday.ts'
import { wrongAnswer } from './wrong-answer.ts'

const { recognise } = everyday

const world = createWorld()
const enough = 100_000 // tokens: never cut

const user = (content: string): readonly Message[] => [{ role: 'user', content }]
const ask = (content: string, seed = 1, from: World = world) => from.teach({ messages: user(content), maxOutputTokens: enough, seed })
const someSeeds = (call: number, from: readonly SeedTask[] = world.seedTasks) => createRng(9, 'prompt', call).sample(from, 3)

/** Tasks written over `calls` calls of 20, each with three seeds in the prompt. */
function write(calls: number, options: WorldOptions = {}, seeds: readonly SeedTask[] = world.seedTasks): NumberedTask[] {
  const teacher = createWorld(options)
  return Array.from({ length: calls }, (_, call) => readNumberedTasks(ask(examplePrompt(someSeeds(call, seeds)), call, teacher).text)).flat()
}

const share = (tasks: readonly NumberedTask[], verdict: string): number => tasks.filter((task) => world.check(task).verdict === verdict).length / tasks.length

describe('a reply', () => {
  const prompt = examplePrompt(someSeeds(1))
  const reply = ask(prompt)

  it('is the same for the same arguments and another for another seed, prompt, world or setting', () => {
    expect(ask(prompt)).toEqual(reply)
    expect(createWorld().teach({ messages: user(prompt), maxOutputTokens: enough, seed: 1, temperature: 0.2 })).toEqual(reply)
    const others = [ask(prompt, 2), ask(`${prompt} `), ask(prompt, 1, createWorld({ worldSeed: 2 })), ask(prompt, 1, createWorld({ anchoring: 0.5 }))]
    for (const other of others) expect(other.text).not.toBe(reply.text)
  })

  it('has the tasks asked for, numbered on from the examples', () => {
    const numbers = (content: string): number[] => readNumberedTasks(ask(content, 1, createWorld({ malformed: 0 })).text).map((task) => task.number)
    expect(numbers(prompt)).toEqual(Array.from({ length: 20 }, (_, i) => i + 4))
    expect(numbers(examplePrompt(someSeeds(1), 7))).toEqual([4, 5, 6, 7, 8, 9, 10])
    expect(numbers('Please give me 3 new tasks, numbered 12 to 14.')).toEqual([12, 13, 14])
    expect(numbers('Hello there.')).toHaveLength(20)
  })

  it('counts tokens and stops at the limit, inside a task', () => {
    expect(reply.finishReason).toBe('stop')
    expect(reply.usage).toEqual({ inputTokens: countTokens(prompt), outputTokens: countTokens(reply.text) })
    const cut = world.teach({ messages: user(prompt), maxOutputTokens: 200, seed: 1 })
    expect(cut.finishReason).toBe('length')
    expect(cut.usage.outputTokens).toBe(200)
    expect(reply.text.startsWith(cut.text)).toBe(true)
    expect(world.teach({ messages: user(prompt), maxOutputTokens: reply.usage.outputTokens, seed: 1 })).toEqual(reply)
  })

  it('ends before a stop sequence', () => {
    const stopped = world.teach({ messages: user(prompt), maxOutputTokens: enough, seed: 1, stop: ['', '\n7.', '9. Instruction'] })
    expect(stopped.finishReason).toBe('stop')
    expect(reply.text.startsWith(`${stopped.text}\n7.`)).toBe(true)
  })
})

describe('rates', () => {
  it('of wrong answers and broken tasks are those of the settings', () => {
    const tasks = write(300) // 6,000 asked for: a standard deviation of 0.35 and 0.25 points
    expect(Math.abs(share(tasks, 'wrong') - 0.08)).toBeLessThan(0.015)
    expect(share(tasks, 'unknown')).toBe(0)
    expect(Math.abs(tasks.length / 6000 - 0.96)).toBeLessThan(0.01)
  })

  it('of wrong answers rise where the example is wrong', () => {
    const rng = createRng(1, 'wrong seeds')
    const wrongSeeds = world.seedTasks.map((seed) => {
      const { kind, values } = recognise(seed)!
      return { ...seed, output: wrongAnswer(kind, values, rng) }
    })
    const expected = 0.65 * 0.6 + 0.35 * 0.08
    expect(Math.abs(share(write(150, {}, wrongSeeds), 'wrong') - expected)).toBeLessThan(0.04)
    expect(Math.abs(share(write(150, { inheritErrors: 0.08 }, wrongSeeds), 'wrong') - 0.08)).toBeLessThan(0.025)
  })

  it('of greetings', () => {
    const greeted = Array.from({ length: 600 }, (_, seed) => ask('Write 1 new task.', seed).text).filter((text) => text.includes('\n###\n'))
    expect(Math.abs(greeted.length / 600 - 0.15)).toBeLessThan(0.06)
  })

  it('of errors can hang on the operands alone', () => {
    const outputs = new Map<string, Set<string>>()
    for (const task of write(150, { consistentErrors: 1, favouriteItems: 5 })) {
      const { kind, values } = recognise(task)!
      const key = JSON.stringify([kind.id, values])
      outputs.set(key, (outputs.get(key) ?? new Set()).add(task.output))
    }
    expect([...outputs.values()].filter((answers) => answers.size > 1)).toEqual([])
    expect([...outputs.keys()].length).toBeGreaterThan(500)
  })
})

describe('kinds', () => {
  const kindsOf = (tasks: readonly NumberedTask[]): string[] => tasks.map((task) => world.kindOf(task)!.id)
  const topShare = (ids: readonly string[]): number => {
    const counts = Map.groupBy(ids, (id) => id)
    const sizes = [...counts.values()].map((group) => group.length).toSorted((a, b) => b - a)
    return sizes.slice(0, 5).reduce((sum, size) => sum + size, 0) / ids.length
  }

  it('follow the examples where the teacher is anchored', () => {
    const seeds = someSeeds(3)
    const [ids, familyNames] = [seeds.map((seed) => world.kindOf(seed)!.id), seeds.map((seed) => world.kindOf(seed)!.family)]
    const written = (options: WorldOptions) => readNumberedTasks(ask(examplePrompt(seeds, 200), 1, createWorld({ anchoring: 1, ...options })).text)
    expect(kindsOf(written({ keepKind: 1 })).filter((id) => !ids.includes(id))).toEqual([])
    const mutated = written({ keepKind: 0 })
    expect(mutated.filter((task) => !familyNames.includes(world.kindOf(task)!.family))).toEqual([])
    expect(kindsOf(mutated).filter((id) => !ids.includes(id)).length / mutated.length).toBeGreaterThan(0.5)
  })

  it('collapse to favourites where it is not', () => {
    expect(topShare(kindsOf(write(60, { anchoring: 0, kindSkew: 0, selfRepetition: 0 })))).toBeLessThan(0.2)
    // Zipf's law over 54 kinds gives the five most frequent half of all.
    expect(topShare(kindsOf(write(60, { anchoring: 0, selfRepetition: 0 })))).toBeGreaterThan(0.4)
    expect(topShare(kindsOf(write(60, { anchoring: 0, kindSkew: 0, selfRepetition: 1, favouriteItems: 5 })))).toBeGreaterThan(0.95)
  })

  it('differ in favourites from world to world', () => {
    const favourite = (worldSeed: number): string => {
      const counts = Map.groupBy(kindsOf(write(20, { anchoring: 0, worldSeed })), (id) => id)
      return [...counts].toSorted((a, b) => b[1].length - a[1].length)[0]![0]
    }
    expect(new Set([1, 2, 3, 4].map(favourite)).size).toBeGreaterThan(1)
  })
})

describe('foreign examples', () => {
  const foreign = [
    {
      id: 'a',
      origin: 'human' as const,
      instruction: 'Explain the proverb to a visitor from abroad.',
      input: 'Still waters run deep.',
      output: 'Quiet people often think a great deal.',
    },
    {
      id: 'b',
      origin: 'human' as const,
      instruction: 'Suggest three names for a bakery near the harbour.',
      input: '',
      output: 'Sea Crust, Harbour Loaf, Tide Bread',
    },
  ]

  it('lend their shape and words', () => {
    const { text } = ask(examplePrompt(foreign, 40), 1, createWorld({ anchoring: 1, malformed: 0 }))
    const tasks = readNumberedTasks(text)
    expect(tasks).toHaveLength(40)
    for (const task of tasks) {
      expect(task.instruction).toMatch(/^(Explain|Suggest) /)
      expect(world.kindOf(task)).toBeUndefined()
    }
    expect(new Set(tasks.map((task) => task.instruction)).size).toBeGreaterThan(20)
  })

  it('leave the rest to habit', () => {
    const known = readNumberedTasks(ask(examplePrompt(foreign, 200)).text).filter((task) => world.kindOf(task) !== undefined)
    expect(Math.abs(known.length / 200 - 0.35 * 0.96)).toBeLessThan(0.12)
  })
})

it('is not led astray by an example with two questions', () => {
  const two = {
    id: 'two',
    origin: 'human' as const,
    instruction: 'What day comes before Friday? What is the exact opposite of quiet?',
    input: '',
    output: 'loud',
  }
  for (const instruction of [two.instruction, 'What is the exact opposite of quiet? What day comes three days after Sunday in your opinion?']) {
    const content = examplePrompt([{ ...two, instruction }], 200)
    for (const keepKind of [0, 1]) {
      const tasks = readNumberedTasks(ask(content, 1, createWorld({ anchoring: 1, keepKind, wrongAnswers: 0, inheritErrors: 0 })).text)
      expect(share(tasks, 'right')).toBe(1)
    }
  }
})

it('takes any text', () => {
  const rng = createRng(1, 'fuzz')
  const seeds = world.seedTasks.map((seed) => seed.instruction)
  const pieces = [
    '###',
    '\n',
    '4. Instruction: ',
    '4. Input:\n',
    '4. Output:\n',
    '<noinput>',
    '999999 tasks',
    'numbered 0',
    '$&',
    '\\',
    '🎈',
    '\ud800',
    '\u0000',
    ...seeds,
  ]
  for (let i = 0; i < 400; i++) {
    const messages = Array.from({ length: rng.int(4) }, () => ({
      role: rng.pick(['system', 'user', 'assistant'] as const),
      content: Array.from({ length: rng.int(40) }, () => rng.pick(pieces)).join(rng.pick(['', ' ', '\n'])),
    }))
    const limit = rng.pick([0, 1, 50, 600])
    const reply = world.teach({ messages, maxOutputTokens: limit, seed: rng.uint32(), stop: rng.pick([[], ['###'], ['']]) })
    expect(reply.usage.outputTokens).toBeLessThanOrEqual(limit)
    expect(reply.usage.outputTokens).toBe(countTokens(reply.text))
  }
})
