import { useMemo } from 'react'
import { useSearchParams } from 'wouter'

export type AddressChange = Readonly<Record<string, string | number | undefined>>

/** What the address says beside its path, and how to change it: undefined takes a name out. `replace` leaves no step for the browser’s back button. */
export function useAddress(): { readonly given: Readonly<Record<string, string>>; readonly change: (change: AddressChange, replace?: boolean) => void } {
  const [params, setParams] = useSearchParams()
  const text = params.toString()
  return useMemo(
    () => ({
      given: Object.fromEntries(new URLSearchParams(text)),
      change: (change, replace = false) =>
        setParams(
          (now) => {
            const next = new URLSearchParams(now)
            for (const [name, value] of Object.entries(change)) {
              if (value === undefined) next.delete(name)
              else next.set(name, String(value))
            }
            return next
          },
          { replace },
        ),
    }),
    [text, setParams],
  )
}
