import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname } from 'node:path'
import { parseArgs } from 'node:util'
import { type CorpusName, corpusNames } from './corpora.ts'
import { type CorpusFile, generatedCorpus, ownCorpus } from './corpus-file.ts'
import { commit, machine, versions } from './environment.ts'
import { ownRow, ownTable } from './own-table.ts'
import { peersTable, pickPeers } from './peers-table.ts'

const usage = `npm run bench -- similarity [options]
  --corpora a,b      of ${corpusNames.join(', ')}; default: all
  --sizes 10K,52K    texts per corpus; default 52K. 1M and 10M are meant for instructions
  --corpus FILE      measure this instead: JSONL with "instruction", or one text per line
  --threshold 0.7    what is rejected
  --repeats 3        fresh processes per figure (one from a million texts on)
  --peers a,b        of rapidfuzz, rapidfuzz-2-threads, rouge-score, js-rouge, minhash; none: only ours. Up to 52K texts are compared in full
  --threads 2        measure the bulk mode with this many threads, too
  --pauses           time every single call, too
  --out FILE         write the report there as well`

/** Prints a report in Markdown, with date, machine and commit. */
export async function runSimilarity(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: {
      corpora: { type: 'string', default: corpusNames.join(',') },
      sizes: { type: 'string', default: '52K' },
      corpus: { type: 'string' },
      threshold: { type: 'string', default: '0.7' },
      repeats: { type: 'string', default: '3' },
      peers: { type: 'string', default: 'rapidfuzz,rapidfuzz-2-threads,rouge-score,js-rouge,minhash' },
      threads: { type: 'string', default: '1' },
      pauses: { type: 'boolean', default: false },
      out: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) return console.log(usage)
  const threshold = Number(values.threshold)
  const files = values.corpus === undefined ? generated(values.corpora.split(','), values.sizes.split(',')) : [ownCorpus(values.corpus)]
  const peers = values.peers === 'none' ? [] : pickPeers(values.peers.split(','))
  const rows = files.map((file) => {
    console.error(`${file.name}, ${file.count} texts…`)
    const repeats = file.count >= 1e6 ? 1 : Number(values.repeats)
    return ownRow(file, { threshold, repeats, threads: Number(values.threads), pauses: values.pauses })
  })
  const report = [
    `# Similarity bench, ${new Date().toISOString().slice(0, 10)}`,
    '',
    `Commit ${commit()}. ${machine()}. ${versions()}.`,
    `Command: \`npm run bench -- similarity ${args.join(' ')}\``,
    '',
    ownTable(rows, threshold),
    '',
    ...(peers.length > 0 ? peersTable(rows, peers, { threshold, repeats: Number(values.repeats) }) : []),
  ].join('\n')
  console.log(report)
  if (values.out === undefined) return
  mkdirSync(dirname(values.out), { recursive: true })
  writeFileSync(values.out, `${report}\n`)
}

function generated(names: readonly string[], sizes: readonly string[]): CorpusFile[] {
  return names.flatMap((name) => {
    if (!corpusNames.includes(name as CorpusName)) throw new Error(`--corpora: expected some of ${corpusNames.join(', ')}; got ${name}.`)
    return sizes.map((size) => generatedCorpus(name as CorpusName, parseSize(size)))
  })
}

function parseSize(size: string): number {
  const match = /^(\d+)(K|M)?$/.exec(size)
  if (match === null) throw new Error(`--sizes: expected numbers like 52K or 1M, got ${size}.`)
  return Number(match[1]) * (match[2] === 'M' ? 1e6 : match[2] === 'K' ? 1e3 : 1)
}
