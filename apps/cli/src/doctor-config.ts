import { diagnoseConfig, type Finding } from '@sedi/kit'
import { SediError } from '@sedi/spec'
import { type Cli, print, printJson } from './command.ts'
import { exitDone, exitFailed, exitUsage } from './exit-codes.ts'
import { readConfig } from './read-config.ts'
import { teacherOf } from './render-plan.ts'

export type DoctorConfigOptions = { readonly probe?: boolean; readonly set?: string[]; readonly maxCost?: number; readonly json?: boolean }

/** Looks at what a configuration needs: the exit code is 2 when a run of it could not begin, 1 when the provider refuses or fails, else 0. */
export async function doctorConfig(cli: Cli, file: string | undefined, options: DoctorConfigOptions): Promise<number> {
  const { findings, title } = await look(cli, file, options)
  const failed = findings.filter(({ status }) => status === 'failed')
  if (options.json) printJson(cli, { config: title, sound: failed.length === 0, findings })
  else print(cli, renderFindings(title, findings))
  if (failed.length === 0) return exitDone
  return failed.every(({ subject }) => subject === 'answers' || subject === 'server') ? exitFailed : exitUsage
}

async function look(cli: Cli, file: string | undefined, { probe, set, maxCost }: DoctorConfigOptions): Promise<{ title: string; findings: Finding[] }> {
  try {
    const { config, path } = await readConfig({ cwd: cli.cwd, file, set, maxCostUsd: maxCost })
    const title = `${path} · teacher ${teacherOf(config)}`
    const read: Finding = { subject: 'config', status: 'ok', detail: `complete; recipe ${config.recipe}` }
    return { title, findings: [read, ...(await diagnoseConfig(config, { probe }))] }
  } catch (error) {
    if (!SediError.is(error, 'invalid-config')) throw error
    return { title: file ?? cli.cwd, findings: [{ subject: 'config', status: 'failed', detail: error.message }] }
  }
}

const marks: Readonly<Record<Finding['status'], string>> = { ok: 'ok', warning: 'look', failed: 'FAILED', unknown: '–' }

function renderFindings(title: string, findings: readonly Finding[]): string {
  const width = Math.max(...findings.map(({ subject }) => subject.length))
  const lines = findings.map(({ subject, status, detail }) => {
    const indent = ' '.repeat(2 + 6 + 2 + width + 2)
    return `  ${marks[status].padEnd(6)}  ${subject.padEnd(width)}  ${detail.replaceAll('\n', `\n${indent}`)}`
  })
  return [title, ...lines].join('\n')
}
