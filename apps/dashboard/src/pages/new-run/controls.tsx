import { type ReactElement, useState } from 'react'
import { numberIn } from './draft.ts'
import { type Field, sayValue } from './fields.ts'

type SimpleKind = Exclude<Field['kind'], 'group' | 'adapter'>

type Props = {
  readonly field: Extract<Field, { readonly kind: SimpleKind }>
  readonly id: string
  readonly value: unknown
  /** What it will be when it is left alone. */
  readonly fallback: string
  readonly onChange: (value: unknown) => void
  readonly describedBy: string
  readonly wrong: boolean
}

/** The control that fits what a key may hold. */
export function Control(props: Props): ReactElement {
  const { field, id, value, fallback, onChange, describedBy, wrong } = props
  const common = { id, 'aria-describedby': describedBy, 'aria-invalid': wrong || undefined, required: field.required }
  switch (field.kind) {
    case 'choice':
      return (
        <select {...common} value={sayValue(value)} onChange={({ target }) => onChange(target.value === '' ? undefined : target.value)}>
          {!(field.required && value !== undefined) && <option value="">{fallback === '' ? 'not set' : `default: ${fallback}`}</option>}
          {field.options.map((option) => (
            <option key={option}>{option}</option>
          ))}
        </select>
      )
    case 'switch':
      return (
        <select {...common} value={sayValue(value)} onChange={({ target }) => onChange(target.value === '' ? undefined : target.value === 'on')}>
          <option value="">{fallback === '' ? 'not set' : `default: ${fallback}`}</option>
          <option>on</option>
          <option>off</option>
        </select>
      )
    case 'number':
      return <Written {...props} common={common} multiline={false} read={numberIn} write={sayValue} />
    case 'text':
      return <Written {...props} common={common} multiline={false} read={(text) => (text === '' ? undefined : text)} write={sayValue} />
    case 'some':
      return <Some {...props} options={field.options} />
    case 'lines':
      if (Array.isArray(value) && !value.every((line) => typeof line === 'string'))
        return <Written {...props} common={common} multiline read={jsonIn} write={jsonOf} />
      return <Written {...props} common={common} multiline read={linesIn} write={(lines) => (Array.isArray(lines) ? lines.join('\n') : sayValue(lines))} />
    case 'json':
      return <Written {...props} common={common} multiline read={jsonIn} write={jsonOf} />
  }
}

type WrittenProps = Props & {
  readonly common: object
  readonly multiline: boolean
  readonly read: (text: string) => unknown
  readonly write: (value: unknown) => string
}

/** A text whose value is read from it. What is typed stays as it is typed (“0.”) as long as it means the value. */
function Written({ field, value, fallback, onChange, common, multiline, read, write }: WrittenProps): ReactElement {
  const [typed, setTyped] = useState('')
  const text = same(read(typed), value) ? typed : write(value)
  const change = (next: string): void => {
    setTyped(next)
    onChange(read(next))
  }
  const shared = {
    ...common,
    value: text,
    placeholder: fallback,
    spellCheck: false,
    autoComplete: 'off',
    onChange: ({ target }: { readonly target: { readonly value: string } }) => change(target.value),
  }
  if (multiline) return <textarea {...shared} rows={Math.min(8, Math.max(2, text.split('\n').length))} />
  return <input {...shared} inputMode={field.kind === 'number' ? 'decimal' : undefined} />
}

/** Any of a few words. */
function Some({ id, value, options, onChange, describedBy }: Props & { readonly options: readonly string[] }): ReactElement {
  const chosen = Array.isArray(value) ? (value as readonly string[]) : []
  const toggle = (option: string): void => {
    const next = options.filter((one) => (one === option ? !chosen.includes(one) : chosen.includes(one)))
    onChange(next.length === 0 ? undefined : next)
  }
  return (
    // biome-ignore lint/a11y/useSemanticElements: the label above names it
    <div id={id} role="group" className="some" aria-describedby={describedBy} tabIndex={-1}>
      {options.map((option) => (
        <label key={option}>
          <input type="checkbox" checked={chosen.includes(option)} onChange={() => toggle(option)} /> {option}
        </label>
      ))}
    </div>
  )
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

function linesIn(text: string): readonly string[] | undefined {
  const lines = text.split('\n').filter((line) => line.trim() !== '')
  return lines.length === 0 ? undefined : lines
}

/** The text itself where it is no JSON yet: the server then says what it expected. */
function jsonIn(text: string): unknown {
  if (text.trim() === '') return undefined
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}

const jsonOf = (value: unknown): string => (value === undefined ? '' : typeof value === 'string' ? value : JSON.stringify(value))
