import type { ReactElement } from 'react'

/** A sentence whose parts in backticks are set as code. */
export function Prose({ text }: { readonly text: string }): ReactElement {
  return (
    <>
      {text.split('`').map((part, i) =>
        // biome-ignore lint/suspicious/noArrayIndexKey: the parts of one text never change their places
        i % 2 === 1 ? <code key={i}>{part}</code> : part,
      )}
    </>
  )
}
