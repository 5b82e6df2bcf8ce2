import { createContext, useContext } from 'react'
import type { Issue } from '../../api/problem.ts'
import type { Draft } from './draft.ts'
import type { KeyPath } from './fields.ts'

export type FormState = {
  readonly draft: Draft
  /** The last plan’s configuration: what a field that is left alone will be. */
  readonly resolved: Draft
  readonly issues: readonly Issue[]
  set(path: KeyPath, value: unknown): void
}

export const FormContext = createContext<FormState | undefined>(undefined)

export function useForm(): FormState {
  const form = useContext(FormContext)
  if (form === undefined) throw new Error('a field outside a form')
  return form
}
