import { type Stopped, stopRun } from '@sedi/kit'
import type { RunRequest } from '@sedi/spec'
import type { Command } from 'commander'
import { type Cli, print, printJson, say } from './command.ts'
import { exitDone, exitFailed } from './exit-codes.ts'
import { formatDuration } from './format.ts'
import { positiveNumber } from './option-values.ts'
import { runPath, storeOf, storeOption } from './store-of.ts'

type Options = { readonly store?: string; readonly wait: number | false; readonly json?: boolean }

const describedWaitSeconds = 60
const sayEveryMs = 5000

/** What `sedi pause` and `sedi cancel` have in common. */
export const describeStop = (command: Command): Command =>
  command
    .argument('<run>', 'id or folder of the run')
    .addOption(storeOption())
    .option('--wait <seconds>', 'how long to wait until the run confirms', positiveNumber, describedWaitSeconds)
    .option('--no-wait', 'leave the request and return')
    .option('--json', 'one JSON document on stdout')

/** Exit codes: 0 as wished, or nothing to do; 1 not confirmed in time. */
export async function stopFromHere(cli: Cli, action: RunRequest['action'], runIdOrPath: string, options: Options): Promise<number> {
  let nextWordMs = 500
  const stopped = await stopRun(runPath(cli, runIdOrPath), storeOf(cli, options.store), {
    action,
    waitMs: options.wait === false ? 0 : options.wait * 1000,
    signal: cli.stop,
    onNotice: (message) => say(cli, message),
    onProgress({ waitedMs, callsInFlight }) {
      if (waitedMs < nextWordMs) return
      nextWordMs = waitedMs + sayEveryMs
      say(cli, `Waiting for what is in flight to finish: ${callsInFlight} calls (${formatDuration(waitedMs)}).`)
    },
  })
  if (options.json) printJson(cli, stopped)
  else print(cli, inWords(stopped))
  return stopped.confirmed || options.wait === false ? exitDone : exitFailed
}

function inWords({ run, action, requested, confirmed, state, reason }: Stopped): string {
  if (!confirmed) return `${run} was asked to ${action} and has not confirmed it yet; it will when what is in flight is finished. Look with: sedi status ${run}`
  if (state === 'paused') return `${run} ${requested ? 'is paused' : 'is not running; it was paused before'}: ${reason}. Continue with: sedi resume ${run}`
  if (state === 'cancelled') return `${run} is cancelled: ${reason}. What it recorded stays: sedi export ${run}`
  if (state === 'done') return `${run} is done; there is nothing to ${action}.`
  if (state === 'running') return `${run} was paused, and has been resumed since.`
  return `${run} is not running (${state}${reason === '' ? '' : `: ${reason}`}).`
}
