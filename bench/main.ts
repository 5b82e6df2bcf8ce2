// npm run bench -- <what> [options]
type Bench = (options: string[]) => Promise<void>

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  ledger: async () => (await import('./ledger/bench.ts')).default,
  similarity: async () => (await import('./similarity/run.ts')).runSimilarity,
  composers: async () => (await import('./composers/run.ts')).runComposers,
}
const [name = '', ...options] = process.argv.slice(2)
const bench = benches[name]
if (bench === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join('|')} [--help]`)
  process.exitCode = 2
} else await (await bench())(options)
