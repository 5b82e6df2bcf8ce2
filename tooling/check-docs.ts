// Runs what the pages tell people to run: every code block of README.md, docs/ and the packages' READMEs (docs/checker/blocks.ts says how one is marked).
//   node --conditions=@sedi/source tooling/check-docs.ts [--full] [page …]
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { checkDocs } from '../docs/checker/main.ts'

const args = process.argv.slice(2)
const root = join(dirname(fileURLToPath(import.meta.url)), '..')
const { problems, summary } = await checkDocs(root, { full: args.includes('--full'), only: args.filter((arg) => !arg.startsWith('--')) })
for (const { file, line, message } of problems) console.error(`${file}:${line}: ${message.replaceAll('\n', '\n    ')}\n`)
console.log(summary)
if (problems.length > 0) {
  console.error(`${problems.length} ${problems.length === 1 ? 'block fails' : 'blocks fail'}.`)
  process.exitCode = 1
}
