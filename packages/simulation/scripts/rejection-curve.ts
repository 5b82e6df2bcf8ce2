// Prints which share of the simulated teacher's instructions a ROUGE-L filter rejects, beside the real stream it is calibrated to.
// From the repository root: node --conditions=@sedi/source packages/simulation/scripts/rejection-curve.ts [--worldSeed 1] [--items 7673]
import { parseArgs } from 'node:util'
import { createWorld } from '../src/create-world.ts'
import { rawInstructions, rejectedShare, rejectionTarget, take, takeDistinct } from '../src/fixtures/rejection-curve.ts'

const { values } = parseArgs({ options: { worldSeed: { type: 'string', default: '1' }, items: { type: 'string', default: '7673' } } })
const world = createWorld({ worldSeed: Number(values.worldSeed) })
const print = (line: string): void => void process.stdout.write(`${line}\n`)

const { texts, read } = takeDistinct(rawInstructions(world, 1), Number(values.items))
print(
  `world ${values.worldSeed}: ${texts.length} different instructions among ${read} (${((100 * (read - texts.length)) / read).toFixed(1)} % exact repeats)\n`,
)
print('threshold  rejected %  real stream %')
for (const { threshold, percent } of rejectionTarget) {
  print(`${threshold.toFixed(2).padStart(9)}  ${rejectedShare(texts, threshold).toFixed(1).padStart(10)}  ${String(percent).padStart(13)}`)
}

const raw = take(rawInstructions(world, 1), 2000)
const seeds = world.seedTasks.map((seed) => seed.instruction)
print(`\n${raw.length} raw instructions, repeats and seeds included:`)
for (const threshold of [0.7, 0.85]) print(`${threshold.toFixed(2).padStart(9)}  ${rejectedShare(raw, threshold, seeds).toFixed(1).padStart(10)}`)
