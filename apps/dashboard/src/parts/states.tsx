import type { ReactElement, ReactNode } from 'react'
import { ApiProblem } from '../api/problem.ts'

/** Shown only when it takes longer than a moment (parts.css). */
export function Loading({ what }: { readonly what: string }): ReactElement {
  return (
    <p className="loading" role="status">
      Loading {what}…
    </p>
  )
}

/** Nothing to show: why, and what to do about it. */
export function Empty({ title, children }: { readonly title: string; readonly children?: ReactNode }): ReactElement {
  return (
    <div className="empty">
      <p className="empty-title">{title}</p>
      {children}
    </div>
  )
}

type FailedProps = { readonly error: Error; readonly onRetry?: (() => unknown) | undefined; readonly retryName?: string | undefined }

/** What went wrong, in the server's own words, and what to do. */
export function Failed({ error, onRetry, retryName = 'Try again' }: FailedProps): ReactElement {
  const issues = error instanceof ApiProblem ? error.issues : []
  return (
    <div className="failed" role="alert">
      <p className="failed-title">{error instanceof ApiProblem ? error.title : 'This page has a defect'}</p>
      <p className="failed-detail">{issues.length > 0 ? error.message.split('\n')[0] : error.message}</p>
      {issues.length > 0 && (
        <ul>
          {issues.map(({ path, message }) => (
            <li key={path + message}>
              <code>{path}</code>: {message}
            </li>
          ))}
        </ul>
      )}
      {onRetry !== undefined && (
        <button type="button" className="button" onClick={() => void onRetry()}>
          {retryName}
        </button>
      )}
    </div>
  )
}
