import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, delimiter, dirname, join } from 'node:path'
import { createWorld } from '@sedi/simulation'
import { startFakeProvider } from '@sedi/testing'

/** The world a page's commands meet: SeDi from source, a simulated provider behind every address that is not this machine, some files. */
export type StandIn = {
  readonly folder: string
  /** Where ts blocks become files. */
  readonly blocksFolder: string
  readonly providerPort: number
  readonly env: NodeJS.ProcessEnv
  /** A folder for one page, with the files that pages may take for granted. */
  makePageFolder(name: string): string
  putGivenFiles(folder: string): void
  close(): Promise<void>
}

/** Files that are in every page's folder: what a reader would have. */
const givenFiles = ['seeds.jsonl', 'test.jsonl', 'my-data.jsonl', 'kept.jsonl'] as const

export async function createStandIn(root: string): Promise<StandIn> {
  const folder = mkdtempSync(join(tmpdir(), 'sedi-docs-'))
  const provider = await startFakeProvider({ bookFile: join(folder, 'book.jsonl') })
  const bin = join(folder, 'bin')
  const shared = join(folder, 'shared')
  for (const path of [bin, shared, join(folder, 'home')]) mkdirSync(path)
  writeGivenFiles(shared)
  writeFileSync(join(folder, 'redirect.mjs'), redirect(provider.port))

  const node = `exec '${process.execPath}' --conditions=@sedi/source --disable-warning=ExperimentalWarning`
  const scripts = {
    // On pages that add a file to a copy of the repository, the copy's own.
    sedi: `main='${join(root, 'apps/cli/src/main.ts')}'; [ -f apps/cli/src/main.ts ] && [ -f tooling/gen-registry.mjs ] && main=$PWD/apps/cli/src/main.ts; ${node} "$main" "$@"`,
    node: `${node} "$@"`,
    npm: npmScript(root, join(folder, 'bin/sedi'), node),
    npx: `[ "$1" = --yes ] && shift; [ "$1" = sedi ] || [ "$1" = @sedi/cli ] || { echo "npx $1: not in the stand-in" >&2; exit 127; }; shift; exec '${join(bin, 'sedi')}' "$@"`,
    'newest-run': newestRunScript(join(shared, 'runs')),
  }
  for (const [name, script] of Object.entries(scripts)) {
    writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`)
    chmodSync(join(bin, name), 0o755)
  }
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => ['LANG', 'LC_ALL', 'TERM', 'TMPDIR'].includes(name)))
  const env = {
    ...inherited,
    PATH: [bin, dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: join(folder, 'home'),
    NODE_OPTIONS: `--import ${join(folder, 'redirect.mjs')}`,
    NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? join(root, '.toolchain/compile-cache'),
    OPENAI_API_KEY: 'stand-in-key',
    NO_COLOR: '1',
  }
  const putGivenFiles = (path: string): void => {
    for (const file of givenFiles) copyFileSync(join(shared, file), join(path, file))
  }
  return {
    folder,
    blocksFolder: join(root, 'docs/.blocks', basename(folder)),
    providerPort: provider.port,
    env,
    makePageFolder(name) {
      const path = join(folder, 'pages', name)
      mkdirSync(path, { recursive: true })
      putGivenFiles(path)
      for (const name of ['examples', 'packages', 'docs', 'bench']) symlinkSync(join(root, name), join(path, name))
      return path
    },
    putGivenFiles,
    async close() {
      await provider.close()
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 })
    },
  }
}

function writeGivenFiles(folder: string): void {
  const world = createWorld()
  const lines = (rows: readonly object[]): string => rows.map((row) => `${JSON.stringify(row)}\n`).join('')
  const rows = world
    .examples({ kinds: ['sum', 'season', 'plural'], count: 120, randomSeed: 1 })
    .map(({ instruction, input, output }) => ({ instruction, input, output }))
  const given = {
    'seeds.jsonl': world.seedTasks.map(({ instruction, input, output }) => ({ instruction, input, output })),
    'test.jsonl': world.heldOut({ perKind: 1, randomSeed: 1 }).map(({ instruction, input, reference }) => ({ instruction, input, output: reference })),
    'my-data.jsonl': rows,
    'kept.jsonl': rows,
  } satisfies Record<(typeof givenFiles)[number], readonly object[]>
  for (const [name, content] of Object.entries(given)) writeFileSync(join(folder, name), lines(content))
}

/** Loaded into every Node process of a page: what would leave this machine goes to the stand-in, or fails where there is none for it. */
function redirect(port: number): string {
  return `
const original = globalThis.fetch
globalThis.fetch = async (input, init) => {
  const request = new Request(input, init)
  const url = new URL(request.url)
  if (url.port !== '8000' && ['127.0.0.1', 'localhost', '[::1]'].includes(url.hostname) || !url.protocol.startsWith('http')) return original(input, init)
  const path = /\\/(chat\\/completions|models|embeddings|moderations|files.*|batches.*)$/.exec(url.pathname)?.[1]
  if (path === undefined) throw new Error('the check of the docs has no stand-in for ' + url.host)
  const text = request.method === 'POST' ? await request.text() : undefined
  const body = path === 'chat/completions' ? JSON.stringify({ ...JSON.parse(text), model: 'simulated-teacher' }) : text
  const headers = new Headers(request.headers)
  headers.delete('content-length')
  return original('http://127.0.0.1:${port}/v1/' + path, { method: request.method, headers, body, signal: request.signal })
}
`
}

/** Of npm what pages use: our own scripts, and installing packages that exist. */
function npmScript(root: string, sedi: string, node: string): string {
  const ours = readdirSync(join(root, 'packages')).map((name) => `@sedi/${name}`)
  const peers = ['openai', '@huggingface/inference', '@huggingface/hub', 'usearch', 'pg', 'pg-boss', 'ai']
  const installable = [...ours, '@sedi/cli', '@sedi/server', ...peers].join('|')
  return `
if [ "$1" = run ]; then shift; while [ "\${1#-}" != "$1" ]; do shift; done; fi
case "$1" in
  sedi) shift; [ "$1" = -- ] && shift; exec '${sedi}' "$@" ;;
  gen) '${process.execPath}' tooling/gen-registry.mjs && ${node.replace('exec ', '')} packages/kit/scripts/gen-config-docs.ts ;;
  test) shift; [ "$1" = -- ] && shift; exec '${process.execPath}' '${join(root, 'node_modules/vitest/vitest.mjs')}' run "$@" ;;
  install) shift; for name; do case "$name" in -*|${installable}) ;; *) echo "npm install $name: neither ours nor an optional package of ours" >&2; exit 1 ;; esac; done ;;
  *) echo "npm $*: not in the stand-in; mark the block {check=no reason=…}" >&2; exit 127 ;;
esac`
}

/** \`newest-run 2\`: the name of the page's last run but one. A page that has made none gets one that is ready. */
function newestRunScript(ready: string): string {
  return `
set -e
# Pages are checked side by side: one makes the runs, the others wait for them.
if mkdir '${ready}.new' 2>/dev/null; then
  for seed in 1 2 3; do
    printf '%s' '${readyRunConfig}' | sed "s/SEED/$seed/" > '${ready}.new/config.json'
    sedi run '${ready}.new/config.json' --out '${ready}.new/runs' --json > '${ready}.log' 2>&1 || { touch '${ready}.failed'; exit 1; }
  done
  mv '${ready}.new/runs' '${ready}'
fi
while [ ! -d '${ready}' ]; do
  if [ -e '${ready}.failed' ]; then cat '${ready}.log' >&2; exit 1; fi
  sleep 0.1
done
runs() { ls -td runs/*/ledger.db sedi-quickstart/runs/*/ledger.db */ledger.db 2>/dev/null; }
[ "$(runs | wc -l)" -ge "$1" ] || { mkdir -p runs; cp -R '${ready}'/. runs/; }
runs | sed -n "$1p" | sed 's#/ledger.db$##; s#.*/##'`
}

/** Runs that pages may look at without making one; made once, for the first page that asks. */
const readyRunConfig = JSON.stringify({
  seeds: '../seeds.jsonl',
  generator: { id: 'simulated', price: { inputPerMTokUsd: 0.25, outputPerMTokUsd: 2 } },
  trainer: 'none',
  target: { calls: 12 },
  rounds: 2,
  randomSeed: 'SEED',
}).replace('"SEED"', 'SEED')
