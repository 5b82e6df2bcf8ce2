import { type ChildProcess, fork } from 'node:child_process'
import { SediError } from '@sedi/spec'
import { ownModule } from '../own-module.ts'
import { errorOf } from '../plain-error.ts'
import type { AnalysisKinds, AnalysisMessage, AnalysisName, AnalysisRequest } from './analysis-messages.ts'

const { url, execArgv = [] } = ownModule(import.meta.url, 'analysis-process')

/** What a process needs that only reads: how to reach a database, and nothing of providers. */
const passedOn = /^(PATH|HOME|USER|TMPDIR|LANG|LC_.*|TZ|PG[A-Z]+|SystemRoot|APPDATA|USERPROFILE)$/

/** How long a process that is done waits for the next analysis: starting one takes as long as many an analysis. */
const idleMs = 30_000

export type AnalysisProcesses = {
  /** Makes an analysis in a process of low priority. Throws what it throws; `unsupported` when it needs too much memory. */
  make<N extends AnalysisName>(
    analysis: N,
    ask: AnalysisKinds[N]['ask'],
    onProgress: (share: number, value: unknown) => void,
  ): Promise<AnalysisKinds[N]['answer']>
  close(): void
}

type Idle = { readonly child: ChildProcess; readonly timer: NodeJS.Timeout }

/** @param megabytes memory of one of them, beside what its indexes take */
export function createAnalysisProcesses(storeAddress: string, megabytes: number): AnalysisProcesses {
  const all = new Set<ChildProcess>()
  const idle: Idle[] = []
  let closed = false

  function start(): ChildProcess {
    const child = fork(url, {
      execArgv: [...execArgv, `--max-old-space-size=${megabytes}`],
      env: Object.fromEntries(Object.entries(process.env).filter(([name]) => passedOn.test(name))),
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
      serialization: 'advanced',
    })
    all.add(child)
    child.once('exit', () => {
      all.delete(child)
      const place = idle.findIndex((one) => one.child === child)
      if (place !== -1) clearTimeout(idle.splice(place, 1)[0]!.timer)
    })
    child.on('error', () => all.delete(child))
    return child
  }

  function take(): ChildProcess {
    const waiting = idle.pop()
    if (waiting === undefined) return start()
    clearTimeout(waiting.timer)
    waiting.child.ref()
    waiting.child.channel?.ref()
    return waiting.child
  }

  function giveBack(child: ChildProcess): void {
    if (!child.connected) return
    child.unref()
    child.channel?.unref()
    const timer = setTimeout(() => end(child), idleMs).unref()
    idle.push({ child, timer })
  }

  return {
    async make(analysis, ask, onProgress) {
      if (closed) throw stopping()
      const child = take()
      try {
        const { value, goesOn } = await answerOf(child, { analysis, ask, storeAddress } as AnalysisRequest, { megabytes, onProgress })
        if (goesOn) giveBack(child)
        else end(child)
        return value as never
      } catch (thrown) {
        end(child)
        throw closed ? stopping() : thrown
      }
    },
    close() {
      closed = true
      for (const child of all) child.kill('SIGKILL')
    },
  }
}

const stopping = (): SediError => new SediError('aborted', 'The server is stopping.')

const end = (child: ChildProcess): void => {
  if (child.connected) child.disconnect()
}

type Answering = { readonly megabytes: number; readonly onProgress: (share: number, value: unknown) => void }
type Answered = { readonly value: unknown; readonly goesOn: boolean }

/** One question, and everything the process says until it is answered. */
function answerOf(child: ChildProcess, request: AnalysisRequest, { megabytes, onProgress }: Answering): Promise<Answered> {
  const { analysis } = request
  const listening = new AbortController()
  let lastWords = ''
  const failed = (what: string, cause?: unknown): SediError => new SediError('internal', `The process for the ${analysis} ${what}`, { cause })
  return new Promise<Answered>((resolve, reject) => {
    const onMessage = (message: AnalysisMessage): void => {
      if (message.type === 'progress') onProgress(message.share, message.value)
      else if (message.type === 'done') resolve(message)
      else reject(errorOf(message.error))
    }
    const onWords = (text: Buffer): void => {
      lastWords = `${lastWords}${text.toString('utf8')}`.slice(-2000)
    }
    const onError = (cause: Error): void => reject(failed(`could not be started: ${cause.message}`, cause))
    const onExit = (code: number | null, signal: NodeJS.Signals | null): void =>
      reject(
        lastWords.includes('heap out of memory')
          ? new SediError('unsupported', `This run is too large for it here: it needs more than the ${megabytes} MB of memory that an analysis may use.`)
          : failed(`ended (${signal ?? `exit code ${code}`}) without an answer. ${lastWords}`),
      )
    child.on('message', onMessage).once('error', onError).once('exit', onExit)
    child.stderr!.on('data', onWords)
    listening.signal.addEventListener('abort', () => {
      child.off('message', onMessage).off('error', onError).off('exit', onExit)
      child.stderr!.off('data', onWords)
    })
    child.send(request, (error) => {
      if (error !== null) reject(failed(`could not be asked: ${error.message}`, error))
    })
  }).finally(() => listening.abort())
}
