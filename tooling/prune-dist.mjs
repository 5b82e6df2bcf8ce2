// Run at the end of a package's build, in its folder: deletes from dist what no source makes any more, so that it is neither run nor packed.
import { existsSync, globSync, rmSync } from 'node:fs'
import { join } from 'node:path'

for (const file of globSync('dist/**/*.{js,d.ts}')) {
  const source = join('src', file.slice('dist/'.length).replace(/\.(js|d\.ts)$/, ''))
  const made = !/[\\/]fixtures[\\/]/.test(file) && ['ts', 'tsx', 'mjs'].some((end) => existsSync(`${source}.${end}`))
  if (!made) rmSync(file)
}
