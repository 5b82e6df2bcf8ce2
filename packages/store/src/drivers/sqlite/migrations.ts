import type { DatabaseSync } from 'node:sqlite'
import { layOut1 } from './migrations/layout-1.ts'
import { layOut2 } from './migrations/layout-2.ts'
import { layOut3 } from './migrations/layout-3.ts'
import { layOut4 } from './migrations/layout-4.ts'
import { layOut5 } from './migrations/layout-5.ts'
import { layOut6 } from './migrations/layout-6.ts'
import { rebuildProjections } from './projections/rebuild.ts'

/** The ledger's layouts, one step each; `PRAGMA user_version` counts those applied. A released step is never edited. */
export const migrations: readonly ((database: DatabaseSync) => void)[] = [layOut1, layOut2, layOut3, layOut4, layOut5, layOut6]

/** Brings an older layout up to date in one transaction: whenever it is interrupted, the ledger is whole in one layout or the other. */
export function migrate(database: DatabaseSync): void {
  const before = versionOf(database)
  if (before >= migrations.length) return
  // Tables are replaced by name, which the checks of references must not follow.
  database.exec('PRAGMA foreign_keys = OFF; PRAGMA legacy_alter_table = ON; BEGIN IMMEDIATE')
  try {
    for (const step of migrations.slice(before)) step(database)
    rebuildProjections(database)
    database.exec(`PRAGMA user_version = ${migrations.length}; COMMIT`)
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
  database.exec('PRAGMA legacy_alter_table = OFF; PRAGMA foreign_keys = ON')
}

export function versionOf(database: DatabaseSync): number {
  return Number(database.prepare('PRAGMA user_version').get()?.user_version)
}
