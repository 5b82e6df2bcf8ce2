import { content } from './faults/content.ts'
import { duplicate } from './faults/duplicate.ts'
import type { Fault } from './faults/fault.ts'
import { limits } from './faults/limits.ts'
import { odd200 } from './faults/odd-200.ts'
import { invalidKeyWords, refusals } from './faults/refusals.ts'
import { streaming } from './faults/streaming.ts'
import { structured } from './faults/structured.ts'
import { transport } from './faults/transport.ts'
import { errorReply, type Reply } from './reply.ts'

export { unicodeText } from './faults/content.ts'

/** Every fault by group. To add one, add an entry to its group's file. */
export const faultGroups = { limits, refusals, transport, streaming, 'odd-200': odd200, content, structured, duplicate } as const

/** Every fault by name. */
export const faults = { ...limits, ...refusals, ...transport, ...streaming, ...odd200, ...content, ...structured, ...duplicate }

export type FaultKind = keyof typeof faults

export const faultKinds = Object.keys(faults) as readonly FaultKind[]

/** The faults of some groups: `faultsOf('limits', 'transport')`. */
export function faultsOf(...groups: readonly (keyof typeof faultGroups)[]): FaultKind[] {
  return groups.flatMap((group) => Object.keys(faultGroups[group]) as FaultKind[])
}

export function findFault(kind: FaultKind): Fault {
  return faults[kind]
}

export function invalidKeyReply(key: string): Reply {
  const { status, message, code } = invalidKeyWords(key)
  return errorReply(status, message, { code })
}
