import { type ReactElement, useId, useState } from 'react'
import type { Draft } from './draft.ts'

/** The configuration as it will be sent; may be written or pasted here as well. */
export function JsonView({ draft, onChange }: { readonly draft: Draft; readonly onChange: (draft: Draft) => void }): ReactElement {
  const id = useId()
  const [typed, setTyped] = useState<string>()
  const [problem, setProblem] = useState('')
  const change = (text: string): void => {
    setTyped(text)
    try {
      const value: unknown = JSON.parse(text)
      if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new Error('expected one object')
      setProblem('')
      onChange(value as Draft)
    } catch (error) {
      setProblem(`Not taken over yet: ${(error as Error).message}`)
    }
  }
  const leave = (): void => {
    if (problem === '') setTyped(undefined)
  }
  const text = typed ?? JSON.stringify(draft, null, 2)
  return (
    <div className="field">
      <label htmlFor={id}>The configuration as it is sent; what is changed here changes the form</label>
      <textarea
        id={id}
        className="json"
        spellCheck={false}
        rows={Math.min(30, text.split('\n').length + 1)}
        value={text}
        aria-describedby={`${id}-problem`}
        aria-invalid={problem !== '' || undefined}
        onChange={({ target }) => change(target.value)}
        onBlur={leave}
      />
      <p id={`${id}-problem`} className="field-problem" role="status">
        {problem}
      </p>
    </div>
  )
}
