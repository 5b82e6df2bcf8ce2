import { createHash } from 'node:crypto'
import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseArgs } from 'node:util'
import { commit, machine } from '../similarity/environment.ts'
import { type Arm, arms, selfInstructArm } from './arms.ts'
import { type Measured, measureArm, type Setting, type TeacherName } from './measure-arm.ts'
import { type Run, renderTables } from './render-tables.ts'
import { strategySettings } from './settings.ts'

const usage = `npm run bench -- strategies [options]
  --worlds 1,2,3        which simulated worlds
  --kept ${strategySettings.kept}           another pool size, for a look; the table is made with the one in settings.ts
  --resume FILE         keeps what is measured there, and takes it from there
  --out FILE            write the report there as well`

const allWorlds = strategySettings.worldSeeds.join(',')

/** Prints what each prompt strategy costs per kept instruction and what it buys, over five teachers, three prices and two thresholds. */
export async function runStrategies(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      worlds: { type: 'string', default: allWorlds },
      kept: { type: 'string', default: String(strategySettings.kept) },
      resume: { type: 'string' },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const measure = remembered(values.resume)
  const worlds = values.worlds.split(',').map(Number)
  const runs: Run[] = []
  for (const worldSeed of worlds) {
    for (const threshold of strategySettings.thresholds) {
      for (const teacher of Object.keys(strategySettings.teachers) as TeacherName[]) {
        for (const arm of [...arms, ...(threshold === 0.7 ? [selfInstructArm] : [])]) {
          const setting: Setting = { teacher, worldSeed, threshold, kept: Number(values.kept) }
          runs.push({ arm, teacher, threshold, worldSeed, measured: await measure(arm, setting) })
        }
      }
    }
  }
  const report = [
    `# Prompt strategies, ${new Date().toISOString().slice(0, 10)}`,
    `Commit ${commit()}. ${machine()}. Node ${process.version}.`,
    `Settings: \`bench/strategies/settings.ts\`, SHA-256 \`${settingsHash()}\`, unchanged since before the first new strategy. Command: \`npm run bench -- strategies${values.worlds === allWorlds ? '' : ` --worlds ${values.worlds}`}${values.kept === String(strategySettings.kept) ? '' : ` --kept ${values.kept}`}\``,
    ...renderTables(runs, { worlds: worlds.length, kept: Number(values.kept) }),
  ].join('\n\n')
  console.log(report)
  if (values.out === undefined) return
  mkdirSync(dirname(values.out), { recursive: true })
  writeFileSync(values.out, `${report}\n`)
}

export function settingsHash(): string {
  return createHash('sha256')
    .update(readFileSync(join(import.meta.dirname, 'settings.ts')))
    .digest('hex')
}

/** Measures, or reads what was measured before with the same prompt and setting. The file is to be deleted when a strategy changes. */
function remembered(file: string | undefined): (arm: Arm, setting: Setting) => Promise<Measured> {
  const lines = file === undefined || !existsSync(file) ? [] : readFileSync(file, 'utf8').split('\n')
  const known = new Map(lines.filter((line) => line !== '').map((line) => JSON.parse(line) as [string, Measured]))
  return async (arm, setting) => {
    const key = JSON.stringify([arm.prompt, setting])
    const before = known.get(key)
    if (before !== undefined) return before
    console.error(`world ${setting.worldSeed}, threshold ${setting.threshold}, teacher ${setting.teacher}: ${arm.id}…`)
    const measured = await measureArm(arm, setting)
    if (file !== undefined) appendFileSync(file, `${JSON.stringify([key, measured])}\n`)
    return measured
  }
}
