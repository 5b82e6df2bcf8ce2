import { it } from 'vitest'

/** Tests of a suite that do not apply, each with the reason, which the report shows. */
export type Skips<Name extends string> = Readonly<Partial<Record<Name, string>>>

/** A `test` that knows the suite's names and skips. */
export function contractTests<Name extends string>(skip: Skips<Name> | undefined): (name: Name, body: () => Promise<void>) => void {
  return (name, body) => {
    const reason = skip?.[name]
    if (reason === undefined) it(name, body)
    else it.skip(`${name} (skipped: ${reason})`, body)
  }
}

/** A part of a subject that a test cannot do without. */
export function need<T>(part: T | undefined, name: string): T {
  if (part === undefined) throw new Error(`This test needs the subject's ${name}: give it, or skip the test with a reason`)
  return part
}
