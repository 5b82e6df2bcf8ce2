import { spawn } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import type { Block } from './blocks.ts'
import { endGroup, type Ran, run } from './run.ts'

/** The shell of one page: its blocks run in order, in one folder, and what one sets the next one has. */
export type Shell = {
  run(block: Block): Promise<Ran>
  /** Ends what `check=background` began. */
  close(): void
}

export async function openShell(cwd: string, env: NodeJS.ProcessEnv, blocks: readonly Block[], providerPort: number, state: string): Promise<Shell> {
  const ports = await portsOf(blocks, providerPort)
  const background: (number | undefined)[] = []
  const scriptOf = (code: string): string =>
    [
      'set -eua',
      existsSync(`${state}.env`) ? `. '${state}.env'` : '',
      existsSync(`${state}.cwd`) ? `cd "$(cat '${state}.cwd')"` : '',
      code,
      `export -p > '${state}.env'`,
      `pwd > '${state}.cwd'`,
    ].join('\n')

  return {
    async run(block) {
      const { code, unknown } = fillIn(block.code, ports)
      if (unknown !== undefined) return failed(`what to put in place of ${unknown}? In pages that are run there are <run> and <id>`)
      if (block.marks.check !== 'background') return run('sh', ['-c', scriptOf(code)], cwd, env, block.marks.check === 'full' ? 900_000 : 300_000)
      const child = spawn('sh', ['-c', scriptOf(code)], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
      background.push(child.pid)
      let said = ''
      for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (said += text))
      const ready = new RegExp(block.marks.until ?? 'https?://')
      for (const end = Date.now() + 240_000; !ready.test(said); await new Promise((resolve) => setTimeout(resolve, 50)))
        if (child.exitCode !== null || Date.now() > end) return failed(`it did not come so far as to say ${ready}:\n${said}`)
      return { code: 0, stdout: said, all: said }
    },
    close: () => background.forEach(endGroup),
  }
}

const failed = (all: string): Ran => ({ code: 1, stdout: '', all })

/** A page's own ports become free ones; a provider's port that nothing on the page listens on is the stand-in's. */
async function portsOf(blocks: readonly Block[], providerPort: number): Promise<ReadonlyMap<string, number>> {
  const shell = blocks.filter(({ language }) => language === 'sh')
  const listened = shell
    .filter(({ marks }) => marks.check === 'background')
    .flatMap(({ code }) => [...code.matchAll(/port (\d{4,5})/g)].map(([, port]) => port!))
  const served = shell.some(({ marks, code }) => marks.check === 'background' && /sedi.* serve/.test(code)) ? ['4870'] : []
  const ports = new Map<string, number>([['8000', providerPort]])
  for (const port of new Set([...listened, ...served])) ports.set(port, await freePort())
  return ports
}

/** Ports, keys and runs as they are here. */
function fillIn(text: string, ports: ReadonlyMap<string, number>): { readonly code: string; readonly unknown?: string } {
  let runs = 0
  const code = text
    .split('\n')
    .map((line) => {
      runs = 0
      const words = line.replace(/(?<!#.*)<run>/g, () => `"$(newest-run ${++runs})"`).replace(/(?<!#.*)<id>/g, 'r01-c0000-i00')
      return words
        .replaceAll('your-model', 'simulated-teacher')
        .replace(/\b([A-Z_]+(?:KEY|TOKEN))=[\w-]*…/g, '$1=stand-in-key')
        .replace(/\b\d{4,5}\b/g, (port) => String(ports.get(port) ?? port))
    })
    .join('\n')
  const unknown = code
    .split('\n')
    .map((line) => /^[^#]*?(<[a-z][\w-]*>)/.exec(line.replace(/<<.*/, ''))?.[1])
    .find((name) => name !== undefined)
  return unknown === undefined ? { code } : { code, unknown }
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as { port: number }
      server.close(() => resolve(port))
    })
  })
}

/** Saves a yaml or json block under its name for the blocks after it, with the stand-in's port and model in it. */
export function saveFile(name: string, block: Block, cwd: string, providerPort: number): void {
  const text = block.code.replaceAll('127.0.0.1:8000', `127.0.0.1:${providerPort}`).replaceAll('your-model', 'simulated-teacher')
  const path = join(cwd, name)
  if (!existsSync(path) || readFileSync(path, 'utf8') !== text) writeFileSync(path, text)
}
