import { strongestSignal } from '@sedi/core'
import { availableSignals } from '@sedi/pipeline'
import type { TrainerCapabilities } from '@sedi/spec'
import { trainers as registered, type TrainerDefinition } from '@sedi/trainers'

/** Every registered trainer. */
export const trainers = Object.values(registered) as unknown as readonly TrainerDefinition[]

/** Name of the signal that `feedback.signal: auto` takes without a scorer; undefined where there is none. */
export const usableSignal = (capabilities: TrainerCapabilities): string | undefined => strongestSignal(availableSignals(capabilities, false))?.id
