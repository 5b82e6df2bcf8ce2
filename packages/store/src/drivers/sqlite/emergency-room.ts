import { closeSync, fsyncSync, openSync, statSync, unlinkSync, writeSync } from 'node:fs'

/** Room for the answers of a few hundred calls in flight. */
const roomBytes = 2 * 1024 * 1024

/**
 * Disk space kept aside for the moment the disk is full: answers that are paid for and on their way must still be recorded.
 * While it is used up, nothing new may be begun.
 */
export type EmergencyRoom = {
  /** Gives the space back to the disk; false when that was done before. */
  open(): boolean
  readonly opened: boolean
}

/** Takes the space, really written so that the disk cannot promise it to others. Throws what the file system throws when there is not enough. */
export function reserveEmergencyRoom(path: string): EmergencyRoom {
  if (statSync(path, { throwIfNoEntry: false })?.size !== roomBytes) fill(path)
  let opened = false
  return {
    open() {
      if (opened) return false
      opened = true
      unlinkSync(path)
      return true
    },
    get opened() {
      return opened
    },
  }
}

function fill(path: string): void {
  const file = openSync(path, 'w')
  try {
    // Not zeros: some file systems store those as a hole.
    const block = Buffer.alloc(64 * 1024, 'reserved ')
    for (let written = 0; written < roomBytes; ) written += writeSync(file, block)
    fsyncSync(file)
  } catch (error) {
    unlinkSync(path)
    throw error
  } finally {
    closeSync(file)
  }
}
