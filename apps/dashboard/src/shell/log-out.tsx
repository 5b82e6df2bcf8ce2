import type { ReactElement } from 'react'
import { useLogout, useSession } from '../api/session.ts'

/** Only where there is something to log out of. */
export function LogOut(): ReactElement | null {
  const { data } = useSession()
  const logout = useLogout()
  if (data?.needed !== true || !data.loggedIn) return null
  return (
    <button type="button" className="button quiet" onClick={() => logout.mutate()}>
      Log out
    </button>
  )
}
