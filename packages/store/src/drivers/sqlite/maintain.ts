import { mkdirSync } from 'node:fs'
import { basename, join } from 'node:path'
import { backup } from 'node:sqlite'
import { type Damage, type LedgerCheck, SediError } from '@sedi/spec'
import { openDatabase } from './open-database.ts'
import { rebuildProjections } from './projections/rebuild.ts'
import { lastSeq } from './read-facts.ts'
import { guarded } from './storage-error.ts'
import { openTailMark } from './tail-mark.ts'
import { findDamage } from './verify.ts'

/**
 * Never throws because of damage: that is what it reports.
 *
 * @param upgrade brings an older layout, which has no checksums, up to date
 */
export async function checkLedger(folder: string, path: string, upgrade: () => Promise<void>): Promise<LedgerCheck> {
  try {
    await upgrade()
    const database = openDatabase(path, true)
    try {
      const damage = findDamage(database, path)
      return { folder, facts: damage.length === 0 ? lastSeq(database) : orZero(() => lastSeq(database)), damage }
    } finally {
      database.close()
    }
  } catch (error) {
    if (!SediError.is(error, 'storage')) throw error
    const damage: Damage = { kind: 'structure', detail: error.message }
    return { folder, facts: 0, damage: [damage] }
  }
}

/** Makes the projections again, in one transaction. The caller holds the writer lock. */
export function rebuildLedger(path: string): void {
  const database = openDatabase(path, false)
  try {
    guarded(path, () => {
      database.exec('BEGIN IMMEDIATE')
      rebuildProjections(database)
      database.exec('COMMIT')
    })
  } finally {
    database.close()
  }
}

/** SQLite's online backup: a consistent copy while the writer goes on. */
export async function backUpLedger(path: string, folder: string): Promise<void> {
  try {
    mkdirSync(folder)
  } catch (error) {
    throw new SediError('conflict', `Cannot create the folder ${folder} for the copy: ${error instanceof Error ? error.message : String(error)}.`, {
      cause: error,
    })
  }
  const database = openDatabase(path, true)
  const target = join(folder, basename(path))
  try {
    await backup(database, target)
  } finally {
    database.close()
  }
  const copy = openDatabase(target, true)
  const mark = openTailMark(target)
  mark.write(lastSeq(copy))
  mark.close()
  copy.close()
}

function orZero(work: () => number): number {
  try {
    return work()
  } catch {
    return 0
  }
}
