import { parseArgs } from 'node:util'
import { type CheckModes, checks, createChecks, loadSeeds } from '@sedi/kit'
import type { SeedTask, Task } from '@sedi/spec'
import { readRows, taskOfRecord } from '@sedi/store'
import { commit, machine } from '../similarity/environment.ts'
import { markdownTable, median } from '../similarity/report.ts'

const repeats = 5

/** What each check costs, and what it finds: `npm run bench -- checks [--questions 14000] FILE…`; without files in the built-in seeds. */
export async function runChecks(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options: { questions: { type: 'string', default: '14000' } } })
  const seeds = await loadSeeds('sedi:general')
  const tasks = positionals.length === 0 ? seeds : (await Promise.all(positionals.map(readTasks))).flat()
  const questions = Array.from({ length: Number(values.questions) }, (_, i) => questionFrom(seeds, i))
  const characters = tasks.reduce((sum, { instruction, input, output }) => sum + instruction.length + input.length + output.length, 0)
  const shown = seeds.slice(0, 30)
  const context = { prompt: [promptFrom(shown)], seeds: shown }

  const rows: string[][] = []
  for (const { id } of Object.values(checks).filter(({ cost }) => cost !== 'request')) {
    const modes: CheckModes = { [id]: 'drop' }
    const { run } = createChecks(modes, { benchmarks: questions })
    const times: number[] = []
    let found = 0
    for (let i = 0; i < repeats; i++) {
      const before = process.cpuUsage()
      const outcomes = await run(tasks, context)
      const { user, system } = process.cpuUsage(before)
      times.push((user + system) / tasks.length)
      found = outcomes.filter(({ dropped }) => dropped !== undefined).length
    }
    rows.push([id, median(times).toFixed(1), String(found)])
  }
  console.log(`${machine()}; Node ${process.version}; ${commit()}\n`)
  console.log(
    `${tasks.length} tasks of ${Math.round(characters / tasks.length)} characters; ${questions.length} benchmark questions; median of ${repeats} passes.\n`,
  )
  console.log(markdownTable(['check', 'µs CPU a task', 'tasks in which it finds something'], rows))
}

async function readTasks(path: string): Promise<Task[]> {
  const tasks: Task[] = []
  for await (const row of readRows(path)) {
    const read = 'problem' in row ? row : taskOfRecord(row.value)
    if ('task' in read) tasks.push(read.task)
  }
  return tasks
}

/** Different questions of usual length: words of three seeds, told apart by their numbers. */
function questionFrom(seeds: readonly SeedTask[], i: number) {
  const words = [0, 1, 2].flatMap((k) => seeds[(i * 7 + k * 31) % seeds.length]!.instruction.split(' '))
  return { place: `questions:${i + 1}`, text: words.map((word, at) => (at % 5 === 0 ? `${word}${i}` : word)).join(' ') }
}

const promptFrom = (seeds: readonly SeedTask[]): string => seeds.map(({ instruction, output }) => `${instruction}\n${output}`).join('\n')
