// What `npm run check` counts as used (https://knip.dev). Entries are files that something other than an import starts.
import { globSync, readFileSync } from 'node:fs'

type Manifest = { readonly peerDependenciesMeta?: Record<string, { readonly optional?: boolean }> }

/** Packages that our libraries import only when they are there; the command line brings them for everybody. */
const optionalPeers = globSync('packages/*/package.json')
  .map((file) => JSON.parse(readFileSync(file, 'utf8')) as Manifest)
  .flatMap(({ peerDependenciesMeta = {} }) => Object.keys(peerDependenciesMeta))

/** Workers, child processes of tests, scripts. */
const startedByName = ['src/**/*{worker,process,processes}*.ts', 'src/fixtures/**/*.ts', 'scripts/*.ts']

export default {
  workspaces: {
    // The toolchain starts biome and turbo by name.
    '.': {
      entry: ['tooling/*.{ts,mjs}', 'tooling/container/*', 'examples/**/*.{ts,mjs}'],
      ignore: ['tooling/consumer/*'],
      ignoreDependencies: ['@biomejs/biome', 'turbo'],
      ignoreBinaries: ['apt-get'],
    },
    'packages/*': { entry: startedByName },
    'packages/trainers': { entry: [...startedByName, 'src/embedded/{worker,job-runner,ask-model}.ts'] },
    'apps/cli': {
      entry: ['src/main.ts', ...startedByName],
      ignoreDependencies: optionalPeers,
      ignoreBinaries: ['mount', 'umount', 'script', 'uv', 'fish', 'zsh'],
    },
    'apps/server': { entry: [...startedByName, 'src/views/open-books.ts'] },
    // The code blocks of the pages import ours and zod.
    docs: { entry: ['generate/main.ts'], ignoreDependencies: [/^@sedi\//, 'zod'] },
    bench: { entry: ['main.ts', '**/*.{bench.ts,mjs}'] },
  },
  // Fields of a record, named in one line; those that only their own file uses as well.
  ignoreIssues: { 'packages/core/src/novelty/{entries,posting-lists}.ts': ['exports'] },
  // A type that only its own file names may be exported all the same: it is the name of what a function takes or gives.
  ignoreExportsUsedInFile: { type: true, interface: true },
}
