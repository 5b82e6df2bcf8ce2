import * as z from 'zod'
import { rejectionReasons } from '../facts.ts'

/** Dollars; null where a price is unknown or there is nothing to divide by. */
export const usdSchema = z.number().nullable().meta({ description: 'Dollars; null where a price is unknown or there is nothing to divide by.' })

export const countSchema = z.int().min(0)

/** The ends of an interval, 95 % unless said. */
export const intervalSchema = z.object({ low: z.number(), high: z.number() }).meta({ id: 'Interval' })

export const reasonSchema = z.enum(rejectionReasons)

export const verdictSchema = z.enum(['kept', 'rejected'])

/** How many were rejected for each reason; reasons without any may be left out. */
export const rejectedSchema = z.partialRecord(reasonSchema, countSchema)

/** Whether something that takes long is there yet. `computing`: ask again in a moment, `progress` says how far it is. */
export const workSchema = {
  state: z.enum(['ready', 'computing']).meta({ description: '`computing`: ask again in a moment.' }),
  progress: z.number().min(0).max(1).meta({ description: 'Share that is done; 1 when ready.' }),
}
