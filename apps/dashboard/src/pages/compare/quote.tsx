import { type ReactElement, useState } from 'react'

/** What may be quoted, as a whole; the reservations in it belong to it. */
export function Quote({ text }: { readonly text: string }): ReactElement {
  const [copied, setCopied] = useState('')
  const copy = (): void => {
    navigator.clipboard.writeText(text).then(
      () => setCopied('Copied.'),
      () => setCopied('This browser does not let a page copy; mark the text instead.'),
    )
  }
  return (
    <figure className="panel quote">
      <figcaption>
        <h2>In words</h2>
        <button type="button" className="button" onClick={copy}>
          Copy
        </button>
        <span role="status" className="muted">
          {copied}
        </span>
      </figcaption>
      <blockquote>{text}</blockquote>
    </figure>
  )
}
