// Rebuilds every figure of a reproduction's report from its ledgers, with SQL and nothing of SeDi's code, and fails on any difference.
// npm run --silent check-reproduction <folder of sedi reproduce>
//
// Taken as given: which instructions the simulated world calls wrong and of what kind (figures/*.json, labels), and the list of contrasts
// (study.json, whose hash is checked). Drawn anew, with a generator of its own, and compared within their Monte Carlo error: the nested bootstrap
// intervals, and sign-flip p values of more than 20 pairs, which are exact here.
import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

const folder = process.argv[2]
if (folder === undefined) {
  process.stderr.write('Usage: npm run --silent check-reproduction <folder of sedi reproduce>\n')
  process.exit(2)
}
const problems = []
let compared = 0
const expectSame = (what, reported, rebuilt) => {
  compared++
  if (reported !== rebuilt) problems.push(`${what}: the report says ${reported}, the ledgers say ${rebuilt}`)
}
const expectNear = (what, reported, rebuilt, tolerance) => {
  compared++
  if (!(Math.abs(Number(reported) - rebuilt) <= tolerance))
    problems.push(`${what}: the report says ${reported}, drawn again ${rebuilt.toFixed(4)} ± ${tolerance.toFixed(4)}`)
}
/** With room for the report's two decimals. */
const expectBetween = (what, reported, [least, most]) => {
  compared++
  if (!(Number(reported) >= least - 0.006 && Number(reported) <= most + 0.006))
    problems.push(`${what}: the report says ${reported}, drawn again ${least.toFixed(4)} to ${most.toFixed(4)}`)
}

const { hash, study } = JSON.parse(readFileSync(join(folder, 'study.json'), 'utf8'))
expectSame('hash of the study', hash, createHash('sha256').update(JSON.stringify(study)).digest('hex'))
const report = readFileSync(join(folder, 'report.md'), 'utf8')
if (!report.includes(`Study ${hash.slice(0, 16)}`)) problems.push('the report does not name the hash of this study')
const tables = tablesOf(report)

// Every run, from its ledger.
const runs = []
for (let i = 0; i < study.size.replicates; i++) {
  for (const world of study.worlds) {
    for (const regime of study.regimes) {
      for (const arm of study.arms) {
        if (!study.contrasts.some((one) => one.regime === regime && (one.a === arm.id || one.b === arm.id))) continue
        runs.push(
          rebuild({
            id: `${world.id}.${regime}.${arm.id}.${study.firstReplicate + i}`,
            world: world.id,
            regime,
            arm: arm.id,
            replicate: study.firstReplicate + i,
          }),
        )
      }
    }
  }
}
compareTable(
  'Every run',
  ['run'],
  runs.map((run) => ({
    run: run.id,
    'accuracy %': (100 * run.accuracy).toFixed(2),
    calls: String(run.calls),
    written: String(run.written),
    kept: String(run.kept),
    $: run.costUsd.toFixed(6),
    steps: String(run.steps),
    promoted: String(run.promoted),
  })),
)

// Arms.
const arms = [...Map.groupBy(runs, (run) => `${run.arm}|${run.regime}|${run.world}`).values()].map((cells) => {
  const mean = (name) => {
    const given = cells.map((cell) => cell[name]).filter((value) => value !== null)
    return given.length === 0 ? null : given.reduce((sum, value) => sum + value, 0) / given.length
  }
  const percent = (value) => (value === null || !Number.isFinite(value) ? '–' : (100 * value).toFixed(2))
  return {
    arm: cells[0].arm,
    regime: cells[0].regime,
    world: cells[0].world,
    n: String(cells.length),
    'accuracy %': percent(mean('accuracy')),
    sd: percent(spread(cells.map(({ accuracy }) => accuracy))),
    kept: mean('kept').toFixed(1),
    '$ a kept': mean('costUsdPerKept').toFixed(7),
    passes: mean('passes').toFixed(2),
    kinds: mean('kinds').toFixed(1),
    'wrong %': percent(mean('wrongInPool')),
    'wrong seeds %': percent(mean('wrongAmongPromoted')),
    'masked %': percent(mean('masked')),
    'precision %': percent(mean('maskPrecision')),
    'recall %': percent(mean('maskRecall')),
  }
})
compareTable('Arms', ['arm', 'regime', 'world'], arms)

// Contrasts.
const results = study.contrasts.map((contrast) => {
  const pairs = study.worlds.map(({ id }) => {
    const of = (arm) => runs.filter((run) => run.world === id && run.regime === contrast.regime && run.arm === arm)
    return of(contrast.a).map((a) => ({ a, b: of(contrast.b).find((b) => b.replicate === a.replicate) }))
  })
  const scale = contrast.measure === 'accuracy' ? 100 : 1
  const differences = pairs.flat().map(({ a, b }) => scale * (a[contrast.measure] - b[contrast.measure]))
  const n = differences.length
  const mean = differences.reduce((sum, value) => sum + value, 0) / n
  const reach = (spread(differences) / Math.sqrt(n)) * tQuantile(0.975, n - 1)
  return { contrast, pairs, differences, n, mean, low: mean - reach, high: mean + reach, p: signFlip(differences) }
})
const order = results.map((_, i) => i).sort((i, j) => results[i].p - results[j].p)
let largest = 0
order.forEach((i, rank) => {
  largest = Math.max(largest, Math.min(1, (results.length - rank) * results[i].p))
  results[i].adjusted = largest
})
const contrastTable = tables.get('Contrasts') ?? []
expectSame('rows of the contrasts', contrastTable.length, results.length)
for (const [i, { contrast, pairs, n, mean, low, high, p, adjusted }] of results.entries()) {
  const row = contrastTable[i] ?? {}
  const digits = contrast.measure === 'accuracy' ? 2 : 7
  const name = `contrast “${contrast.id}”`
  for (const [column, value] of Object.entries({
    contrast: contrast.id,
    regime: contrast.regime,
    'a − b': `${contrast.a} − ${contrast.b}`,
    measure: contrast.measure,
    n: String(n),
  })) {
    expectSame(`${name}, ${column}`, row[column], value)
  }
  for (const [column, value] of Object.entries({ mean, low, high })) expectSame(`${name}, ${column}`, row[column], value.toFixed(digits))
  const draws = n <= 20 ? 0 : 5 * Math.sqrt((p * (1 - p)) / 100_000) + 2e-5
  expectNear(`${name}, p`, row.p, p, draws + 5.1e-5)
  expectNear(`${name}, p (Holm)`, row['p (Holm)'], adjusted, results.length * draws + 5.1e-5)
  if (contrast.measure === 'accuracy') {
    const nested = bootstrap(pairs.map((world) => world.map(({ a, b }) => a.items.map((value, item) => 100 * (value - b.items[item])))))
    expectBetween(`${name}, nested low`, row['nested low'], nested.low)
    expectBetween(`${name}, nested high`, row['nested high'], nested.high)
  }
  const signed = (value) => `${value >= 0 ? '+' : '−'}${Math.abs(value).toFixed(digits)}`
  const wanted = `${signed(mean)} ${contrast.measure === 'accuracy' ? 'points of accuracy' : 'dollars a kept instruction'} [${signed(low)}, ${signed(high)}]`
  compared++
  if (!plain(report).includes(`${contrast.id}: ${contrast.a} minus ${contrast.b}: ${wanted}`)) problems.push(`${name}: no sentence says “${wanted}”`)
}

for (const problem of problems) process.stdout.write(`DIFFERENT  ${problem}\n`)
process.stdout.write(`${compared} figures of ${runs.length} runs compared, ${problems.length} different.\n`)
process.exit(problems.length === 0 ? 0 : 1)

/** What a run came to, from the tables of its ledger. */
function rebuild(run) {
  const path = join(folder, 'cells', run.id, 'ledger.db')
  const database = new DatabaseSync(path, { readOnly: true })
  const number = (sql) => Number(Object.values(database.prepare(sql).get())[0] ?? 0)
  const rows = (sql) => database.prepare(sql).all()
  const labels = new Map(JSON.parse(readFileSync(join(folder, 'figures', `${run.id}.json`), 'utf8')).labels.map((label) => [label.id, label]))
  const kept = rows("SELECT id FROM candidate WHERE verdict = 'kept'").map(({ id }) => id)
  const wrong = (id) => labels.get(id).wrong
  const promoted = rows("SELECT example_id FROM seed_event WHERE action = 'add' AND origin = 'machine'").map((row) => row.example_id)
  const rowCount = number('SELECT sum(json_array_length(example_ids)) FROM batch')
  const steps = rows('SELECT step.masked, batch.example_ids AS ids FROM step JOIN batch USING (step) ORDER BY step')
  const underMask = steps
    .filter(({ masked }) => masked !== null && JSON.parse(masked).includes(true))
    .flatMap(({ masked, ids }) => JSON.parse(masked).map((left, row) => ({ left, wrong: wrong(JSON.parse(ids)[row]) })))
  const left = underMask.filter((row) => row.left)
  const kinds = [...Map.groupBy(kept, (id) => labels.get(id).kind ?? 'unknown').values()].map(({ length }) => length / kept.length)
  const items = rows('SELECT value FROM eval ORDER BY item_id').map(({ value }) => value)
  const costUsd = number('SELECT sum(cost_nano_usd) FROM call') / 1e9
  const share = (part, whole) => (whole === 0 ? null : part / whole)
  const figures = {
    ...run,
    items,
    accuracy: number('SELECT avg(value) FROM eval'),
    calls: number('SELECT count(*) FROM call'),
    written: number('SELECT count(*) FROM candidate'),
    kept: kept.length,
    costUsd,
    costUsdPerKept: costUsd / kept.length,
    steps: steps.length,
    passes: rowCount / kept.length,
    promoted: promoted.length,
    kinds: Math.exp(-kinds.reduce((sum, p) => sum + p * Math.log(p), 0)),
    wrongInPool: share(kept.filter(wrong).length, kept.length),
    wrongAmongPromoted: share(promoted.filter(wrong).length, promoted.length),
    masked: steps.some(({ masked }) => masked !== null) ? left.length / rowCount : null,
    maskPrecision: share(left.filter((row) => row.wrong).length, left.length),
    maskRecall: share(left.filter((row) => row.wrong).length, underMask.filter((row) => row.wrong).length),
  }
  database.close()
  return figures
}

/** Tables of the report by the heading above them; a row is an object by column. */
function tablesOf(markdown) {
  const found = new Map()
  let heading = ''
  let columns
  for (const line of markdown.split('\n')) {
    if (line.startsWith('## ')) heading = line.slice(3)
    if (!line.startsWith('|')) {
      columns = undefined
      continue
    }
    const cells = line
      .slice(1, -1)
      .split(/(?<!\\)\|/)
      .map((cell) => plain(cell.trim()))
    if (columns === undefined) {
      columns = cells
      found.set(heading, [])
    } else if (!cells.every((cell) => /^:?-+:?$/.test(cell))) found.get(heading).push(Object.fromEntries(cells.map((cell, i) => [columns[i], cell])))
  }
  return found
}

function plain(markdown) {
  return markdown.replaceAll(/\\([\\`*_<>[\]#~|])/g, '$1')
}

function compareTable(heading, key, rebuilt) {
  const reported = tables.get(heading) ?? []
  const nameOf = (row) => key.map((column) => row[column]).join(' ')
  expectSame(`rows of “${heading}”`, reported.length, rebuilt.length)
  const byName = new Map(reported.map((row) => [nameOf(row), row]))
  for (const row of rebuilt) {
    const other = byName.get(nameOf(row)) ?? {}
    for (const [column, value] of Object.entries(row)) expectSame(`${heading}, ${nameOf(row)}, ${column}`, other[column], value)
  }
}

function spread(values) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length
  return Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1))
}

/** Two-sided, exact: the distribution of all signed sums, by convolution over sums rounded to 1e-9. */
function signFlip(differences) {
  let sums = new Map([[0, 1]])
  const unit = 1e-9 * Math.max(1e-9, ...differences.map(Math.abs))
  for (const value of differences) {
    const step = Math.round(Math.abs(value) / unit)
    const next = new Map()
    for (const [sum, weight] of sums) {
      for (const to of [sum + step, sum - step]) next.set(to, (next.get(to) ?? 0) + weight / 2)
    }
    sums = next.size > 2_000_000 ? coarser(next) : next
  }
  const observed = Math.abs(differences.reduce((sum, value) => sum + value, 0)) / unit
  let p = 0
  for (const [sum, weight] of sums) if (Math.abs(sum) >= observed - differences.length) p += weight
  return Math.min(1, p)
}

function coarser(sums) {
  const merged = new Map()
  for (const [sum, weight] of sums) {
    const to = Math.round(sum / 1000) * 1000
    merged.set(to, (merged.get(to) ?? 0) + weight)
  }
  return merged
}

/**
 * Worlds, replicates and items (shared within a world) drawn with replacement. Each end as the range in which another bootstrap of as many
 * resamples puts it: four standard deviations of the share of resamples below a quantile, so that it holds for coarse distributions too.
 */
function bootstrap(worlds, resamples = 2000) {
  let state = 0x9e3779b9
  const below = (count) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * count)
  }
  const means = Array.from({ length: resamples }, () => {
    let sum = 0
    for (let w = 0; w < worlds.length; w++) {
      const world = worlds[below(worlds.length)]
      const items = world[0].map(() => below(world[0].length))
      let worldSum = 0
      for (let r = 0; r < world.length; r++) {
        const replicate = world[below(world.length)]
        worldSum += items.reduce((total, item) => total + replicate[item], 0) / items.length
      }
      sum += worldSum / world.length
    }
    return sum / worlds.length
  }).sort((a, b) => a - b)
  const at = (share) => means[Math.min(resamples - 1, Math.max(0, Math.floor(share * resamples)))]
  const band = 4 * Math.sqrt((2 * 0.025 * 0.975) / resamples)
  return { low: [at(0.025 - band), at(0.025 + band)], high: [at(0.975 - band), at(0.975 + band)] }
}

/** Student's t by bisection on its distribution function (numerical integration of the density). */
function tQuantile(probability, degrees) {
  const density = (x) => (1 + x ** 2 / degrees) ** (-(degrees + 1) / 2)
  const area = (to) => {
    const slices = 20_000
    let sum = density(0) + density(to)
    for (let i = 1; i < slices; i++) sum += (i % 2 === 1 ? 4 : 2) * density((to * i) / slices)
    return (sum * to) / (3 * slices)
  }
  // The density's constant by integrating over an angle: x = √ν·tan φ.
  const slices = 20_000
  let whole = 0
  for (let i = 0; i < slices; i++) whole += Math.cos(((i + 0.5) / slices) * (Math.PI / 2)) ** (degrees - 1)
  const half = (Math.sqrt(degrees) * whole * (Math.PI / 2)) / slices
  let [low, high] = [0, 1000]
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2
    if (0.5 + area(middle) / (2 * half) < probability) low = middle
    else high = middle
  }
  return (low + high) / 2
}
