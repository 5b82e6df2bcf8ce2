import type { ReactElement } from 'react'
import type { KeyPath } from './fields.ts'
import { useForm } from './form-context.ts'
import { fieldId, issuesAt } from './issues.ts'

/** What the server says is wrong at a key, where it is. */
export function FieldProblems({ path }: { readonly path: KeyPath }): ReactElement | null {
  const { issues } = useForm()
  const own = issuesAt(issues, path)
  if (own.length === 0) return null
  return (
    <p className="field-problem" id={`${fieldId(path)}-problem`}>
      {own.map(({ message }) => (/; got nothing$/.test(message) ? 'is needed' : message)).join('; ')}
    </p>
  )
}
