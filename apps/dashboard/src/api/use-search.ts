import { useCallback } from 'react'
import { useSearchParams } from 'wouter'

/**
 * What the address’ query says, and a setter that changes some of it: undefined, '' and null leave a name out. Typing in a filter replaces the
 * address instead of filling the history.
 */
export function useSearch(): readonly [URLSearchParams, (change: Readonly<Record<string, string | number | null | undefined>>, push?: boolean) => void] {
  const [params, setParams] = useSearchParams()
  const change = useCallback(
    (values: Readonly<Record<string, string | number | null | undefined>>, push = false) =>
      setParams(
        (before) => {
          const next = new URLSearchParams(before)
          for (const [name, value] of Object.entries(values))
            if (value === undefined || value === null || value === '') next.delete(name)
            else next.set(name, String(value))
          return next
        },
        { replace: !push },
      ),
    [setParams],
  )
  return [params, change]
}
