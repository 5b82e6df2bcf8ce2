import * as z from 'zod'

/**
 * Metadata of a configuration key: `unit`, `source`, and `affects: 'speed'` for what changes how fast or how far a run gets but not its results;
 * those keys are left out of the run's fingerprint, so they may change between a pause and a resume. `path`: a file name, relative to the
 * configuration file; the fingerprint takes the file's content instead of its name. `path: 'relative'`: a name, or, when it begins with `./` or
 * `../`, a folder relative to the configuration file. `runs`: the value decides which program or module is run, so a server takes it from nobody
 * who may not choose that.
 */
export type KeyMeta = {
  readonly unit?: string
  readonly source?: string
  readonly affects?: 'speed'
  readonly path?: true | 'relative'
  readonly runs?: true
}

export const describe = (description: string, meta: KeyMeta = {}): { description: string } & KeyMeta => ({ description, ...meta })

export const usd = (description: string, meta: KeyMeta = {}) =>
  z
    .number()
    .positive()
    .meta(describe(description, { unit: 'USD', ...meta }))
export const count = (description: string, meta: KeyMeta = {}) => z.int().min(1).meta(describe(description, meta))
