import { availableParallelism } from 'node:os'
import { defineConfig } from 'vitest/config'

// The source condition lets tests run the TypeScript sources of every package without a build; the other names are Vite's own defaults
// for servers. Not `import`: vitest hands them to Node, where it would hold for `require` as well and give CommonJS packages ES modules.
const conditions = ['@sedi/source', 'node', 'module-sync', 'default', 'development|production']

// `npm test` runs everything that needs only Node; `npm run test:full` adds *.full.test.ts. *.live.test.ts needs a key and is run by hand.
const full = process.env.SEDI_TEST === 'full'

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: conditions } },
  test: {
    include: full ? ['**/*.full.test.ts'] : ['**/*.test.ts'],
    exclude: ['**/node_modules/**', '**/dist/**', '**/*.live.test.ts', ...(full ? [] : ['**/*.full.test.ts'])],
    // These end a hang. A test that a quiet machine does in seconds may take minutes on a loaded one, and is right all the same.
    testTimeout: 240_000,
    hookTimeout: 240_000,
    expect: { poll: { timeout: 60_000 } },
    // Type tests run in `pnpm typecheck`. A worker per core: vitest would leave one of two idle.
    pool: 'forks',
    maxWorkers: availableParallelism(),
  },
})
