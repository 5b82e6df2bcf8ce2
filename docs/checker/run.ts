import { spawn } from 'node:child_process'

export type Ran = { readonly code: number | null; readonly stdout: string; readonly all: string }

/** Runs a program to its end, or to `limitMs`; what it began goes with it. `all` is both streams in the order in which they came. */
export function run(command: string, args: readonly string[], cwd: string, env: NodeJS.ProcessEnv, limitMs: number): Promise<Ran> {
  const child = spawn(command, args, { cwd, env, stdio: ['ignore', 'pipe', 'pipe'], detached: true })
  let stdout = ''
  let all = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text
    all += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    all += text
  })
  const timer = setTimeout(() => {
    all += `\n(ended after ${limitMs / 1000} s; mark what goes on {check=background}, what takes long {check=full})`
    endGroup(child.pid)
  }, limitMs)
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', (code) => {
      clearTimeout(timer)
      setTimeout(() => resolve({ code, stdout, all }), 20)
    })
  })
}

export function endGroup(pid: number | undefined): void {
  try {
    if (pid !== undefined) process.kill(-pid, 'SIGKILL')
  } catch {
    // It has ended by itself.
  }
}

/** What a page says a command prints, as a pattern: `…` stands for anything; names of runs and durations differ every time. */
export function isPrinted(expected: string, { stdout, all }: Ran): boolean {
  const steady = (text: string): string =>
    text
      .replace(/\d{4}-\d\d-\d\d-\d{6}-[\w-]+/g, 'RUN')
      .replace(/\b\d+(\.\d+)? s\b/g, 'N s')
      .replace(/[ \t]+$/gm, '')
      .trim()
  const pattern = new RegExp(
    `^${steady(expected)
      .split('…')
      .map((part) => part.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'))
      .join('[\\s\\S]*?')}$`,
  )
  return pattern.test(steady(stdout)) || pattern.test(steady(all))
}
