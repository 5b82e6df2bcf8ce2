import { trainers as registered, type TrainerDefinition } from '@sedi/trainers'

/** Every registered trainer. */
export const trainers = Object.values(registered) as unknown as readonly TrainerDefinition[]
