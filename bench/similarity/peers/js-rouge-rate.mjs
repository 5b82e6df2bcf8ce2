// Pairs per second of js-rouge's l(): js-rouge-rate.mjs FOLDER CORPUS SECONDS. Random pairs of the corpus. Prints JSON.
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { join } from 'node:path'

const [folder, corpus, seconds] = process.argv.slice(2)
const { l } = createRequire(join(folder, 'x.js'))('js-rouge')
const texts = readFileSync(corpus, 'utf8')
  .split('\n')
  .slice(0, 100_000)
  .filter((text) => text !== '')
let state = 1
function pick() {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0
  return texts[state % texts.length]
}
let [pairs, failed] = [0, 0]
const startedAt = process.cpuUsage()
const used = () => (({ user, system }) => (user + system) / 1e6)(process.cpuUsage(startedAt))
while (used() < Number(seconds)) {
  for (let i = 0; i < 50; i++, pairs++) {
    try {
      l(pick(), pick())
    } catch {
      failed++
    }
  }
}
process.stdout.write(JSON.stringify({ pairsPerSecond: pairs / used(), pairs, failed }))
