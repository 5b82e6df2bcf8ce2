import { type Fact, SediError, shorten } from '@sedi/spec'
import { tables } from './tables.ts'

/** Recording an equal fact again is a replay after a crash; a different one means that something answered differently the second time. */
export function assertSame(fact: Fact, existing: Fact): void {
  const { key, volatile } = tables[fact.kind] as { readonly key: readonly string[]; readonly volatile: readonly string[] }
  const [now, before] = [fact, existing] as unknown as [Readonly<Record<string, unknown>>, Readonly<Record<string, unknown>>]
  for (const field of Object.keys(before)) {
    if (field === 'seq' || field === 'kind' || volatile.includes(field)) continue
    const [a, b] = [textOf(now[field]), textOf(before[field])]
    if (a === b) continue
    const name = [fact.kind, ...key.map((part) => String(now[part]))].join(' ')
    throw new SediError(
      'conflict',
      `${name} was recorded before with another ${field}: recorded ${shorten(b, 120)}, now ${shorten(a, 120)}. The first record stays; something outside answered differently the second time.`,
      { details: { kind: fact.kind, field } },
    )
  }
}

const textOf = (value: unknown): string => JSON.stringify(typeof value === 'string' ? value.toWellFormed() : (value ?? null))
