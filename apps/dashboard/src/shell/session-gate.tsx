import { type FormEvent, type ReactElement, type ReactNode, useState } from 'react'
import { useLogin, useSession } from '../api/session.ts'
import { PageHead } from '../parts/page-head.tsx'
import { Failed, Loading } from '../parts/states.tsx'

/** The page, or the form to log in where the server has a token and this browser has not shown it. */
export function SessionGate({ children }: { readonly children: ReactNode }): ReactNode {
  const session = useSession()
  if (session.isPending) return <Loading what="the server" />
  if (session.isError) return <Failed error={session.error} onRetry={() => session.refetch()} />
  return session.data.needed && !session.data.loggedIn ? <Login /> : children
}

function Login(): ReactElement {
  const [token, setToken] = useState('')
  const login = useLogin()
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    login.mutate(token)
  }
  return (
    <form className="login" onSubmit={submit}>
      <PageHead title="Log in" />
      <p>This server asks for a token: the one it was started with, in its environment variable SEDI_API_TOKEN.</p>
      <label htmlFor="token">Token</label>
      <input
        id="token"
        type="password"
        autoComplete="current-password"
        required
        value={token}
        aria-describedby="login-problem"
        onChange={({ target }) => setToken(target.value)}
      />
      <p id="login-problem" role="alert" className="field-problem">
        {login.error?.message}
      </p>
      <button type="submit" className="button primary" disabled={login.isPending}>
        Log in
      </button>
    </form>
  )
}
