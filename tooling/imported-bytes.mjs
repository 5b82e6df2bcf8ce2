// node --import tooling/imported-bytes.mjs …: at its end a program says on stdout how many bytes of source it has loaded from files.
import { registerHooks } from 'node:module'

const loaded = new Map()
registerHooks({
  load(url, context, nextLoad) {
    const module = nextLoad(url, context)
    if (url.startsWith('file:')) loaded.set(url, Buffer.byteLength(module.source ?? ''))
    return module
  },
})
process.on('exit', () => {
  const bytes = [...loaded.values()].reduce((sum, size) => sum + size, 0)
  const largest = [...loaded].sort(([, a], [, b]) => b - a).slice(0, 3)
  process.stdout.write(`${JSON.stringify({ bytes, modules: loaded.size, largest })}\n`)
})
