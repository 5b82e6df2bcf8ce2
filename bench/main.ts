// npm run bench -- <what> [options]
type Bench = (options: string[]) => Promise<void>

const benches: Readonly<Record<string, () => Promise<Bench>>> = {
  ledger: async () => (await import('./ledger/bench.ts')).default,
  similarity: async () => (await import('./similarity/run.ts')).runSimilarity,
  plots: async () => (await import('./plots/run.ts')).runPlots,
  semantic: async () => (await import('./semantic/run.ts')).runSemantic,
  throughput: async () => (await import('./throughput/run.ts')).runThroughput,
  strategies: async () => (await import('./strategies/run.ts')).runStrategies,
  checks: async () => (await import('./checks/run.ts')).runChecks,
  trainers: async () => (await import('./trainers/run.ts')).runTrainers,
  dashboard: async () => (await import('./dashboard/run.ts')).runDashboard,
  composers: async () => (await import('./composers/run.ts')).runComposers,
}
const [name = '', ...options] = process.argv.slice(2)
const bench = benches[name]
if (bench === undefined) {
  console.error(`usage: npm run bench -- ${Object.keys(benches).join('|')} [--help]`)
  process.exitCode = 2
} else await (await bench())(options)
