import { type ReactElement, type ReactNode, useEffect } from 'react'

type Props = {
  readonly title: string
  /** What the page is about: a run’s name. */
  readonly of?: string | undefined
  /** Beside the heading. */
  readonly aside?: ReactNode
}

/** The one h1 of a page, and the window's title. */
export function PageHead({ title, of, aside }: Props): ReactElement {
  useEffect(() => {
    document.title = [title, of, 'SeDi'].filter(Boolean).join(' · ')
  }, [title, of])
  return (
    <div className="page-head">
      <h1>
        {of === undefined ? (
          title
        ) : (
          <>
            <span className="page-of">{of}</span> <span className="page-title">{title}</span>
          </>
        )}
      </h1>
      {aside}
    </div>
  )
}
