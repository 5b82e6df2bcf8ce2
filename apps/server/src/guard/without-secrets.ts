import { redact } from '@sedi/spec'

const secretName = /(^api[-_]?key$|secret|password|passwd|authorization|credential|token$)/i

/**
 * A configuration without what is secret in it: values under names of secrets, user and password of addresses, and anything shaped like a
 * key. Keys do not belong in a configuration; this is for those who wrote one there.
 */
export function withoutSecrets(value: unknown): unknown {
  if (typeof value === 'string') return redact(value.replace(/(\b[a-z][a-z0-9+.-]*:\/\/)[^/@\s]+@/gi, '$1[removed]@'))
  if (Array.isArray(value)) return value.map(withoutSecrets)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([name, inner]) => [
      name,
      typeof inner === 'string' && inner !== '' && secretName.test(name) ? '[removed]' : withoutSecrets(inner),
    ]),
  )
}
