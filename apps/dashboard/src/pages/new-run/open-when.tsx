import { type ReactElement, type ReactNode, useEffect, useRef } from 'react'

type Props = { readonly open: boolean; readonly summary: ReactNode; readonly children: ReactNode; readonly id?: string | undefined }

/** A disclosure that opens by itself when there is something inside to look at, and is otherwise its reader’s. */
export function OpenWhen({ open, summary, children, id }: Props): ReactElement {
  const details = useRef<HTMLDetailsElement>(null)
  useEffect(() => {
    if (open && details.current !== null) details.current.open = true
  }, [open])
  return (
    <details ref={details} id={id} className="form-section">
      <summary>{summary}</summary>
      {children}
    </details>
  )
}
