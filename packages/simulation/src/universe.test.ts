import { readdirSync } from 'node:fs'
import { createRng, tokenizeRouge } from '@sedi/core'
import type { Task } from '@sedi/spec'
import { describe, expect, it } from 'vitest'
import { cleanTask, nobodysFillers } from './clean-task.ts'
import { families } from './families/registry.gen.ts'
import { writeItem } from './item.ts'
import { wrongAnswer } from './teacher/wrong-answer.ts'
import digits from './universes/digits.ts'
import everyday from './universes/everyday.ts'
import { universes } from './universes/registry.gen.ts'

describe('everyday', () => {
  it('has at least 44 kinds in 8 families, every family a file', () => {
    expect(everyday.kinds.length).toBeGreaterThanOrEqual(44)
    const files = readdirSync(new URL('families', import.meta.url)).filter((name) => !name.includes('.gen.'))
    expect(files.map((name) => name.replace('.ts', '')).toSorted()).toEqual(Object.keys(families))
    expect(files).toHaveLength(8)
  })

  it('reserves about one combination of operands in eight', () => {
    // Slot by slot draws, before the split is applied, for a kind with very many operands.
    const free = everyday.kindById('month-first-date')
    const dates = Array.from({ length: 4000 }, (_, i) => ({ day: 1 + (i % 28), month: ['May', 'June', 'July', 'August'][i % 4]!, year: 2022 + (i % 5) }))
    const share = dates.filter((values) => free.reserves(values)).length / dates.length
    expect(share).toBeGreaterThan(0.09)
    expect(share).toBeLessThan(0.16)
  })
})

describe('digits', () => {
  const answer = (kind: string, row: string) => digits.kindById(kind).answer({ row: [...row].map(Number) })

  it('does one thing after the other', () => {
    expect(answer('reverse', '104')).toBe('401')
    expect(answer('flip-then-sort', '104')).toBe('145')
    expect(answer('raise-then-largest', '153')).toBe('4')
    expect(answer('shift-then-descend', '243')).toBe('432')
    expect(answer('reverse-then-first', '012')).toBe('2')
    expect(answer('flip-then-smallest', '012')).toBe('3')
  })

  it('has 9 single and 48 paired kinds', () => {
    expect(Object.values(Object.groupBy(digits.kinds, ({ family }) => family)).map((kinds) => kinds?.length)).toEqual([9, 48])
  })
})

describe.each(Object.values(universes).map((universe) => ({ id: universe.id, universe })))('universe $id', ({ universe }) => {
  const { kinds, check, recognise } = universe
  const rng = createRng(1, 'kinds')
  const fillers = nobodysFillers(universe.fillers)

  /** Every wording of every kind with several operands, nothing said around it. */
  const bareItems = kinds.flatMap((kind) =>
    kind.wordings.flatMap((wording) =>
      Array.from({ length: universe === everyday ? 12 : 3 }, () => ({
        kind,
        wording,
        values: kind.draw(rng, wording.reserved),
        chosen: wording.choices.map((options) => rng.pick(options)),
        style: rng.next(),
        prefix: '',
        suffix: '',
      })),
    ),
  )
  const dressedTasks = kinds.flatMap((kind) => [true, false].flatMap((reserved) => Array.from({ length: 30 }, () => cleanTask(kind, fillers, rng, reserved))))
  const everyTask = [...bareItems.map(writeItem), ...dressedTasks, ...universe.seedTasks]

  it('has kinds of different names, each with 6 wordings to train on and 2 to test with', () => {
    expect(new Set(kinds.map((kind) => kind.id)).size).toBe(kinds.length)
    for (const kind of kinds) {
      expect(kind.id).toMatch(/^[a-z]+(-[a-z]+)*$/)
      expect(kind.wordings.filter((wording) => !wording.reserved).length, kind.id).toBeGreaterThanOrEqual(6)
      expect(kind.wordings.filter((wording) => wording.reserved).length, kind.id).toBeGreaterThanOrEqual(2)
    }
  })

  it('gets by with 1,200 different words', () => {
    const words = new Set(everyTask.flatMap(({ instruction, input, output }) => tokenizeRouge(`${instruction} ${input} ${output}`)))
    expect(words.size).toBeLessThanOrEqual(1200)
  })

  it('tests only with words that training shows', () => {
    const words = (tasks: readonly Task[]) => new Set(tasks.flatMap((task) => tokenizeRouge(`${task.instruction} ${task.input} ${task.output}`)))
    const bare = (reserved: boolean) => bareItems.filter(({ wording }) => wording.reserved === reserved).map(writeItem)
    const shown = words([...bare(false), ...dressedTasks.filter((task) => !recognise(task)!.wording.reserved)])
    expect([...words(bare(true))].filter((word) => !shown.has(word))).toEqual([])
  })

  it('names a kind it does not have', () => {
    expect(() => universe.kindById('juggling')).toThrow('no kind of task named juggling')
  })

  describe('tasks', () => {
    it('are right with the computed answer and wrong with a slip', () => {
      for (const item of bareItems) {
        const task = writeItem(item)
        expect(check(task), task.instruction).toMatchObject({ verdict: 'right' })
        const output = wrongAnswer(item.kind, item.values, rng)
        expect(check({ ...task, output }), `${task.instruction} ${output}`).toMatchObject({ verdict: 'wrong' })
      }
    })

    it('are read back as the kind and operands they were made from', () => {
      for (const item of bareItems) {
        const found = recognise(writeItem(item))
        expect(found?.kind.id).toBe(item.kind.id)
        expect(found?.values).toEqual(item.values)
      }
    })

    it('read as one kind only, or as kinds that agree on the answer', () => {
      for (const item of bareItems) {
        const { instruction, input, output } = writeItem(item)
        for (const kind of kinds) {
          for (const wording of kind.wordings) {
            const match = wording.read(instruction, input)
            // One step is asked for within two: the longest match is the one that counts.
            const isPart = universe === digits && match !== undefined && match.end < instruction.length
            if (match !== undefined && !isPart && kind.accepts(match.values)) expect(kind.answer(match.values), `${instruction} (${kind.id})`).toBe(output)
          }
        }
      }
    })

    it('are recognised among whatever is said around them', () => {
      for (const task of dressedTasks) expect(check(task), task.instruction).toMatchObject({ verdict: 'right' })
    })

    it('are short', () => {
      const words = (text: string) => text.split(/\s+/).filter((word) => word !== '').length
      for (const { instruction, input, output } of everyTask) {
        expect(words(output)).toBeLessThanOrEqual(8)
        expect(words(`${instruction} ${input}`), instruction).toBeLessThanOrEqual(55)
      }
      const long = everyTask.filter(({ instruction, input }) => words(`${instruction} ${input}`) > 40)
      expect(long.length / everyTask.length).toBeLessThan(0.01)
    })

    it('pass the rules of Alpaca for instructions', () => {
      const blacklist = /\b(images?|graphs?|pictures?|files?|maps?|draw|plot|go to|video|audio|music|flowchart|diagram)\b/i
      for (const { instruction } of everyTask) {
        expect(instruction).not.toMatch(blacklist)
        expect(instruction).not.toMatch(/^Write a program/)
        expect(instruction).toMatch(/^[A-Za-z]/)
        expect(instruction.split(/\s+/).length, instruction).toBeGreaterThan(3)
      }
    })
  })

  describe('the test split', () => {
    it('gives no reserved operands where none are asked for', () => {
      for (const kind of kinds) {
        const drawn = Array.from({ length: 40 }, () => kind.draw(rng, false))
        expect(drawn.filter((values) => kind.reserves(values))).toEqual([])
      }
    })

    it('has at least five different reserved operands for each kind that splits by operands', () => {
      for (const kind of kinds) {
        const drawn = Array.from({ length: 150 }, () => kind.draw(rng, true))
        const reserved = drawn.filter((values) => kind.reserves(values))
        // Kinds that split by wording reserve no operands at all.
        if (reserved.length > 0) expect(new Set(reserved.map((values) => JSON.stringify(values))).size, kind.id).toBeGreaterThanOrEqual(5)
        expect([0, drawn.length]).toContain(reserved.length)
      }
    })

    it('stays on its side when operands are varied', () => {
      for (const { kind, values } of bareItems) expect(kind.reserves(kind.redraw(values, 0.5, rng))).toBe(false)
    })
  })
})
