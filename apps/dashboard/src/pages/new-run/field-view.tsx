import type { ReactElement } from 'react'
import { Prose } from '../../parts/prose.tsx'
import { AdapterView, setIn } from './adapter-view.tsx'
import { Control } from './controls.tsx'
import { valueAt } from './draft.ts'
import { FieldProblems } from './field-problems.tsx'
import { type Field, labelOf, labelOfPath, rangeOf, sayValue } from './fields.ts'
import { useForm } from './form-context.ts'
import { countWithin, fieldId, issuesAt } from './issues.ts'
import { OpenWhen } from './open-when.tsx'

/** One key of the configuration: its name, what it is, its value, what is wrong with it. One that stands `alone` is called by its group as well. */
export function FieldView({ field, alone = false }: { readonly field: Field; readonly alone?: boolean | undefined }): ReactElement {
  if (field.kind === 'adapter') return <AdapterView field={field} />
  if (field.kind === 'group') return <GroupView field={field} />
  return <SimpleField field={field} alone={alone} />
}

type GroupField = Field & { readonly kind: 'group' }

/** A group inside another is what few people set: it waits behind a disclosure. */
function GroupView({ field }: { readonly field: GroupField }): ReactElement {
  const { draft, issues } = useForm()
  if (field.path.length === 1) return <OpenGroup field={field} />
  return (
    <div className="field-group nested" id={fieldId(field.path)}>
      <OpenWhen
        open={countWithin(issues, field.path) > 0}
        summary={
          <>
            {labelOf(field.name)} <code>{field.path.join('.')}</code>
            <span className="muted">{setIn(draft, field.fields)}</span>
          </>
        }
      >
        <GroupFields field={field} />
      </OpenWhen>
    </div>
  )
}

function OpenGroup({ field }: { readonly field: GroupField }): ReactElement {
  return (
    <fieldset className="field-group" id={fieldId(field.path)}>
      <legend>
        {labelOf(field.name)} <code>{field.path.join('.')}</code>
      </legend>
      <GroupFields field={field} />
    </fieldset>
  )
}

function GroupFields({ field }: { readonly field: GroupField }): ReactElement {
  return (
    <div className="stack-tight">
      {field.node.description !== undefined && (
        <p className="field-hint">
          <Prose text={field.node.description} />
        </p>
      )}
      <FieldProblems path={field.path} />
      <div className="field-grid">
        {field.fields.map((inner) => (
          <FieldView key={inner.name} field={inner} />
        ))}
      </div>
    </div>
  )
}

type SimpleProps = { readonly field: Exclude<Field, { readonly kind: 'group' | 'adapter' }>; readonly alone: boolean }

function SimpleField({ field, alone }: SimpleProps): ReactElement {
  const { draft, resolved, issues, set } = useForm()
  const { path, node, required } = field
  const id = fieldId(path)
  const value = valueAt(draft, path)
  const fallback = sayValue(valueAt(resolved, path) ?? node.default)
  const wrong = issuesAt(issues, path).length > 0
  const hint = [
    node.description,
    rangeSaid(field),
    node.unit !== undefined && node.unit !== 'USD' && `In ${node.unit}.`,
    node.affects === 'speed' && 'Changes no result.',
  ].filter(Boolean)
  return (
    <div className="field">
      <div className="field-head">
        <label htmlFor={id}>
          {alone ? labelOfPath(path) : labelOf(field.name)} <code>{path.join('.')}</code>
        </label>
        {value !== undefined && !required && (
          <button type="button" className="field-reset" onClick={() => set(path, undefined)} aria-label={`Reset ${path.join('.')}`}>
            reset
          </button>
        )}
      </div>
      <Control
        field={field}
        id={id}
        value={value}
        fallback={fallback}
        onChange={(next) => set(path, next)}
        describedBy={`${id}-hint ${id}-problem`}
        wrong={wrong}
      />
      <FieldProblems path={path} />
      {hint.length > 0 && (
        <p className="field-hint" id={`${id}-hint`}>
          <Prose text={hint.join(' ')} />
        </p>
      )}
    </div>
  )
}

function rangeSaid({ node, kind }: Field): string | false {
  const range = rangeOf(node)
  return kind === 'number' && range !== '' && `${range[0]!.toUpperCase()}${range.slice(1)}.`
}
