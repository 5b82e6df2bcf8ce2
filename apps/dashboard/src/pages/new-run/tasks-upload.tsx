import { type ReactElement, useState } from 'react'
import { formatOf } from '../../format.ts'
import { tasksIn } from './task-file.ts'

/** Tasks that are sent along; `stamp` tells one choice from another. */
export type Upload = { readonly name: string; readonly stamp: string; readonly tasks: readonly object[] }

type Props = {
  readonly id: string
  readonly label: string
  readonly hint: string
  readonly upload: Upload | undefined
  readonly onChange: (upload: Upload | undefined) => void
}

let uploads = 0

/** A file of this computer instead of one on the server’s. */
export function TasksUpload({ id, label, hint, upload, onChange }: Props): ReactElement {
  const [problem, setProblem] = useState('')
  const choose = async (file: File | undefined): Promise<void> => {
    setProblem('')
    onChange(undefined)
    if (file === undefined) return
    try {
      onChange({ name: file.name, stamp: `${++uploads}`, tasks: tasksIn(await file.text(), file.name) })
    } catch (error) {
      setProblem((error as Error).message)
    }
  }
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      <input
        id={id}
        type="file"
        accept=".json,.jsonl,.ndjson,application/json"
        aria-describedby={`${id}-hint ${id}-problem`}
        aria-invalid={problem !== '' || undefined}
        onChange={({ target }) => void choose(target.files?.[0])}
      />
      <p id={`${id}-problem`} className="field-problem" role="alert">
        {problem}
      </p>
      <p id={`${id}-hint`} className="field-hint">
        {upload === undefined ? hint : `${upload.name}: ${formatOf(upload.tasks.length, 'task')}, sent along with the configuration.`}
      </p>
    </div>
  )
}
