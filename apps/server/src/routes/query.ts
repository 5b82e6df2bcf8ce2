import * as z from 'zod'

/** A whole number in a query, which is text. */
export const wholeNumber = ({ min, max }: { readonly min: number; readonly max: number }) =>
  z
    .string()
    .regex(/^\d{1,16}$/, 'expected a whole number')
    .transform(Number)
    .pipe(z.int().min(min).max(max))

/** A number in a query. */
export const numeric = ({ min, max }: { readonly min: number; readonly max: number }) =>
  z
    .string()
    .regex(/^\d{1,15}(\.\d{1,15})?$/, 'expected a number')
    .transform(Number)
    .pipe(z.number().min(min).max(max))

export const yesOrNo = z
  .enum(['true', 'false'])
  .transform((text) => text === 'true')
  .pipe(z.boolean())
