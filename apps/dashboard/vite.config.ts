import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { brotliCompressSync, constants, gzipSync } from 'node:zlib'
import { defineConfig, type Plugin } from 'vite'
import { thirdPartyLicences } from './third-party-licences.ts'

const outDir = fileURLToPath(new URL('../server/dashboard', import.meta.url))
const server = process.env.SEDI_SERVER ?? 'http://127.0.0.1:4870'

export default defineConfig({
  build: {
    outDir,
    emptyOutDir: true,
    // What these browsers lack would have to be translated: nothing may end up as a style or script inside the page, which its security policy forbids.
    target: ['chrome123', 'firefox128', 'safari18'],
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 800,
    // Libraries for servers mark what belongs in a browser (“use client”); here everything does.
    rolldownOptions: { onLog: (level, log, report) => (log.code === 'MODULE_LEVEL_DIRECTIVE' ? undefined : report(level, log)) },
  },
  plugins: [thirdPartyLicences(), precompressed(outDir)],
  server: {
    // `pnpm --filter @sedi/dashboard dev` beside a running `sedi serve`, which answers its own pages only: so they say that they are.
    proxy: { '/v1': { target: server, changeOrigin: true, headers: { origin: server } }, '/healthz': { target: server, changeOrigin: true } },
  },
})

/** Beside each file what a browser is sent of it: the server compresses nothing itself. The last one written tells it that the build is whole. */
function precompressed(folder: string): Plugin {
  return {
    name: 'precompressed',
    apply: 'build',
    writeBundle() {
      const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) => /\.(html|js|css|svg)$/.test(name))
      for (const name of [...names.filter((name) => name !== 'index.html'), 'index.html']) {
        const file = join(folder, name)
        const bytes = readFileSync(file)
        writeFileSync(`${file}.br`, brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length } }))
        writeFileSync(`${file}.gz`, gzipSync(bytes, { level: 9 }))
      }
    },
  }
}
