import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { type RunConfig, SediError } from '@sedi/spec'
import { createRun, type HeldRun, openRun } from '../../runs/open-run.ts'
import { openStore } from '../../runs/open-store.ts'
import { layOutCell } from './lay-out-cell.ts'
import { type CellFigures, measureCell } from './measure-cell.ts'
import { type Cell, cellsOf, type Study, studyHash } from './study.ts'

/** Which code made a run, and when. */
export type CellOrigin = {
  readonly commit: string
  /** Unix milliseconds. */
  readonly finishedAt: number
  readonly seconds: number
}

type FinishedCell = { readonly figures: CellFigures; readonly origin: CellOrigin }

export type StudyProgress = {
  readonly done: number
  readonly planned: number
  /** The cell that has just been finished. */
  readonly figures: CellFigures
  readonly seconds: number
  /** Whether it was there already. */
  readonly kept: boolean
}

export type RunStudyOptions = {
  readonly folder: string
  /** Cells at a time; each trains in a thread of its own. */
  readonly concurrency: number
  /** Of the code that runs, for the report. */
  readonly commit: string
  readonly stop: AbortSignal
  readonly onCell: (progress: StudyProgress) => void
}

/**
 * Runs every cell that is not finished yet and returns the figures of all of them, with where each comes from. Whenever it is stopped, also by a kill, it goes on where it was.
 * Throws `conflict` for a folder that holds another study, `aborted` when it was stopped.
 */
export async function runStudy(study: Study, { folder, concurrency, commit, stop, onCell }: RunStudyOptions): Promise<readonly FinishedCell[]> {
  claimFolder(study, folder)
  const cells = cellsOf(study)
  const finished = new Map<string, FinishedCell>()
  const waiting = cells.values()
  const work = async (): Promise<void> => {
    for (const cell of waiting) {
      if (stop.aborted) return
      const startedAt = Date.now()
      const known = readFinished(folder, cell)
      const own = known ?? (await runCell(study, cell, folder, { commit, stop, startedAt }))
      finished.set(cell.id, own)
      onCell({ done: finished.size, planned: cells.length, figures: own.figures, seconds: (Date.now() - startedAt) / 1000, kept: known !== undefined })
    }
  }
  const ends = await Promise.allSettled(Array.from({ length: concurrency }, work))
  const failed = ends.find((end) => end.status === 'rejected')
  if (failed !== undefined && !stop.aborted) throw failed.reason
  if (finished.size < cells.length) throw new SediError('aborted', `Stopped after ${finished.size} of ${cells.length} runs; the same command goes on.`)
  return cells.map(({ id }) => finished.get(id)!)
}

function claimFolder(study: Study, folder: string): void {
  mkdirSync(folder, { recursive: true })
  const path = join(folder, 'study.json')
  const hash = studyHash(study)
  if (existsSync(path)) {
    const { hash: before } = JSON.parse(readFileSync(path, 'utf8')) as { readonly hash: string }
    if (before !== hash)
      throw new SediError(
        'conflict',
        `${folder} holds another study (${before.slice(0, 12)}, this one is ${hash.slice(0, 12)}). Choose another folder with --out.`,
      )
    return
  }
  writeFileSync(path, `${JSON.stringify({ hash, study }, null, 1)}\n`)
}

const figuresFile = (folder: string, cell: Cell): string => join(folder, 'figures', `${cell.id}.json`)

function readFinished(folder: string, cell: Cell): FinishedCell | undefined {
  const path = figuresFile(folder, cell)
  if (!existsSync(path)) return undefined
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as FinishedCell
  } catch {
    return undefined // cut short by a kill: measured again from its ledger
  }
}

type Making = { readonly commit: string; readonly stop: AbortSignal; readonly startedAt: number }

async function runCell(study: Study, cell: Cell, folder: string, { commit, stop, startedAt }: Making): Promise<FinishedCell> {
  const run = await openCell(layOutCell(study, cell, folder), cell)
  try {
    const { state, error } = await run.execute({ stop })
    if (state !== 'done') throw error ?? new SediError('internal', `${cell.id} ended as ${state}`)
    const measured = await measureCell(cell, run.ledger)
    const origin = { commit, finishedAt: Date.now(), seconds: (Date.now() - startedAt) / 1000 }
    mkdirSync(join(folder, 'figures'), { recursive: true })
    writeFileSync(figuresFile(folder, cell), JSON.stringify({ ...measured, origin }))
    // Weights and moments of every round: nobody asks the students of a study again.
    rmSync(join(run.folder, 'models'), { recursive: true, force: true })
    return { figures: measured.figures, origin }
  } finally {
    await run.close()
  }
}

async function openCell(config: RunConfig, cell: Cell): Promise<HeldRun> {
  const folder = join(config.store, cell.id)
  if (!existsSync(folder)) return createRun(config, cell.id)
  try {
    return await openRun(cell.id, openStore(config))
  } catch (error) {
    // Killed while it was being created: nothing was bought yet.
    if (!SediError.is(error, 'not-found')) throw error
    rmSync(folder, { recursive: true, force: true })
    return createRun(config, cell.id)
  }
}
