import { createHash } from 'node:crypto'
import type { TeacherSettings, UniverseId } from '@sedi/simulation'
import type { RawConfig } from '../../config/parse-config.ts'

/** A kind of world: what there is to ask, who learns it, and how its teacher behaves. Favourites, streams and seed sets are drawn anew for each replicate. */
export type StudyWorld = {
  readonly id: string
  readonly title: string
  readonly universe: UniverseId
  /** The student that its runs start from, a file of `assets`. */
  readonly base: string
  /** Human seeds that a run begins with. */
  readonly humanSeeds: number
  readonly teacher: Partial<TeacherSettings>
}

/** A method under comparison: a recipe and what differs from it. */
export type StudyArm = {
  readonly id: string
  readonly title: string
  readonly recipe: string
  readonly config: RawConfig
  /** Of a ceiling: a teacher nobody has, in place of the world's. */
  readonly teacher?: Partial<TeacherSettings>
}

/**
 * What is the same for all arms (METHOD 4.3). `equal-steps`: calls and optimiser steps. `equal-epochs`: calls and passes over the pool.
 * `equal-kept`: kept instructions and optimiser steps, so that the cost differs.
 */
export type Regime = 'equal-steps' | 'equal-epochs' | 'equal-kept'

export type Contrast = {
  readonly id: string
  readonly regime: Regime
  /** Arm ids; the difference is `a` minus `b`. */
  readonly a: string
  readonly b: string
  readonly measure: 'accuracy' | 'costUsdPerKept'
  /** Points of accuracy by which `a` may be lower and still count as no worse; only then is non-inferiority asked. */
  readonly margin?: number | undefined
}

export type StudySize = {
  readonly rounds: number
  readonly calls: number
  readonly steps: number
  readonly epochs: number
  /** Kept instructions of `equal-kept`. */
  readonly kept: number
  readonly batchSize: number
  readonly testItemsPerKind: number
  readonly replicates: number
}

/** Everything that decides a study's figures, fixed before it is run. */
export type Study = {
  readonly id: string
  readonly worlds: readonly StudyWorld[]
  readonly arms: readonly StudyArm[]
  readonly regimes: readonly Regime[]
  readonly contrasts: readonly Contrast[]
  readonly size: StudySize
  /** Replicates are numbered from here, so that two studies share no stream. */
  readonly firstReplicate: number
}

/** One run: an arm in a world under a regime, with the streams of one replicate. */
export type Cell = { readonly id: string; readonly world: StudyWorld; readonly regime: Regime; readonly arm: StudyArm; readonly replicate: number }

/** SHA-256 of the study as it is written; in the report, so that nobody can change it after a look. */
export const studyHash = (study: Study): string => hashOf(study)

/** SHA-256 of all but what the arms are: what can be fixed before anybody knows which rule will be tried. */
export const planHash = ({ arms: _, ...plan }: Study): string => hashOf(plan)

const hashOf = (value: object): string => createHash('sha256').update(JSON.stringify(value)).digest('hex')

/** Replicate by replicate, so that a study that is stopped has whole ones. */
export function cellsOf({ worlds, regimes, arms, size, firstReplicate, contrasts }: Study): Cell[] {
  const needed = (regime: Regime, arm: StudyArm): boolean => contrasts.some((one) => one.regime === regime && (one.a === arm.id || one.b === arm.id))
  const cells: Cell[] = []
  for (let i = 0; i < size.replicates; i++) {
    const replicate = firstReplicate + i
    for (const world of worlds) {
      for (const regime of regimes) {
        for (const arm of arms) if (needed(regime, arm)) cells.push({ id: `${world.id}.${regime}.${arm.id}.${replicate}`, world, regime, arm, replicate })
      }
    }
  }
  return cells
}
