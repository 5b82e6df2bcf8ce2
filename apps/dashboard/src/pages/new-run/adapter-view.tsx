import type { ReactElement } from 'react'
import { Prose } from '../../parts/prose.tsx'
import { valueAt } from './draft.ts'
import { FieldProblems } from './field-problems.tsx'
import { FieldView } from './field-view.tsx'
import { type Field, labelOf, sayValue } from './fields.ts'
import { useForm } from './form-context.ts'
import { countWithin, fieldId, issuesAt } from './issues.ts'
import { OpenWhen } from './open-when.tsx'

type AdapterField = Field & { readonly kind: 'adapter' }

/** What most people set of an adapter; the rest waits behind a disclosure. */
const common = new Set(['model', 'baseModel', 'baseUrl', 'endpointUrl', 'preset', 'temperature', 'price', 'run', 'folder', 'latencyMs'])

/** Which adapter, and its own options. Another choice forgets the options of the one before, as they mean nothing there. */
export function AdapterView({ field }: { readonly field: AdapterField }): ReactElement {
  const { draft, resolved, issues, set } = useForm()
  const { path, node, required, variants } = field
  const id = fieldId(path)
  const chosen = valueAt(draft, [...path, 'id'])
  const variant = variants.find((one) => one.id === chosen)
  const fallback = sayValue(valueAt(resolved, path) ?? node.default)
  const shown = variant?.fields.filter(({ name, required }) => required || common.has(name)) ?? []
  const more = variant?.fields.filter((inner) => !shown.includes(inner)) ?? []
  return (
    <fieldset className="field-group adapter">
      <legend>
        {labelOf(field.name)} <code>{path.join('.')}</code>
      </legend>
      <div className="field">
        <label className="hidden-text" htmlFor={id}>
          {labelOf(field.name)}
        </label>
        <select
          id={id}
          value={sayValue(chosen)}
          required={required}
          aria-invalid={issuesAt(issues, path).length > 0 || undefined}
          aria-describedby={`${id}-hint ${id}-problem`}
          onChange={({ target }) => set(path, target.value === '' ? undefined : { id: target.value })}
        >
          {!(required && chosen !== undefined) && <option value="">{fallback === '' ? 'none' : `default: ${fallback}`}</option>}
          {variants.map((one) => (
            <option key={one.id}>{one.id}</option>
          ))}
        </select>
        <FieldProblems path={path} />
        <p className="field-hint" id={`${id}-hint`}>
          <Prose text={node.description ?? ''} />{' '}
          {variant !== undefined && (
            <strong>
              {chosen as string}: <Prose text={variant.description.replace(/[^.]$/, '$&.')} />
            </strong>
          )}
        </p>
      </div>
      {shown.length > 0 && (
        <div className="field-grid">
          {shown.map((inner) => (
            <FieldView key={`${chosen}-${inner.name}`} field={inner} />
          ))}
        </div>
      )}
      {more.length > 0 && (
        <OpenWhen open={more.some((inner) => countWithin(issues, inner.path) > 0)} summary={`More options of ${String(chosen)}${setIn(draft, more)}`}>
          <div className="field-grid">
            {more.map((inner) => (
              <FieldView key={`${chosen}-${inner.name}`} field={inner} />
            ))}
          </div>
        </OpenWhen>
      )}
    </fieldset>
  )
}

/** How many of these somebody has set, for the line that hides them. */
export function setIn(draft: unknown, fields: readonly Field[]): string {
  const count = fields.filter(({ path }) => valueAt(draft, path) !== undefined).length
  return count === 0 ? '' : ` · ${count} set`
}
