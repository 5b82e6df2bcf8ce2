import { type FormEvent, Fragment, type ReactElement, useDeferredValue, useEffect, useMemo, useState } from 'react'
import { useLocation } from 'wouter'
import { type NewRun, useCreateRun, usePlan } from '../../api/config.ts'
import { ApiProblem, type Issue } from '../../api/problem.ts'
import { useSearch } from '../../api/use-search.ts'
import { useSettled } from '../../api/use-settled.ts'
import { formatOf } from '../../format.ts'
import { setIn } from './adapter-view.tsx'
import { type Draft, withValue } from './draft.ts'
import { FieldView } from './field-view.tsx'
import type { Field } from './fields.ts'
import { FormContext } from './form-context.ts'
import { countWithin } from './issues.ts'
import { JsonView } from './json-view.tsx'
import { OpenWhen } from './open-when.tsx'
import { PlanPanel } from './plan-panel.tsx'
import { layOut, type Section } from './sections.ts'
import { TasksUpload, type Upload } from './tasks-upload.tsx'

type Props = { readonly fields: readonly Field[]; readonly first: Draft; readonly from: string | undefined }

export function NewRunForm({ fields, first, from }: Props): ReactElement {
  const [draft, setDraft] = useState(first)
  const [name, setName] = useState('')
  const [start, setStart] = useState(true)
  const [seeds, setSeeds] = useState<Upload>()
  const [heldOut, setHeldOut] = useState<Upload>()
  const settled = useSettled(draft, 400)
  const layout = useMemo(() => layOut(fields), [fields])
  const sent = { config: withoutSent(settled, seeds), seeds: seeds?.tasks, heldOut: heldOut?.tasks }
  const planned = usePlan(sent, [seeds?.stamp, heldOut?.stamp])
  const resolved = useLatest(planned.data?.config) ?? noDraft
  const create = useCreateRun()
  const [, go] = useLocation()
  const issues = useDeferredValue(issuesOf(create.error) ?? issuesOf(planned.error) ?? noIssues)
  useDraftInAddress(settled)

  const change = (next: Draft): void => {
    if (create.error !== null) create.reset()
    setDraft(next)
  }
  const form = useMemo(
    () => ({ draft, resolved, issues, set: (path: readonly string[], value: unknown) => setDraft((before) => withValue(before, path, value)) }),
    [draft, resolved, issues],
  )
  const body: NewRun = { ...(name.trim() === '' ? {} : { name: name.trim() }), ...sent, config: withoutSent(draft, seeds), start }
  const submit = (event: FormEvent): void => {
    event.preventDefault()
    create.mutate(body, { onSuccess: ({ run }) => go(`/runs/${encodeURIComponent(run)}`) })
  }
  const stale = planned.isFetching || settled !== draft

  return (
    <FormContext value={form}>
      <form className="new-run" onSubmit={submit} noValidate>
        <div className="stack">
          {from !== undefined && <p className="banner">Begun as {from} was. What is not said here is as the recipe has it.</p>}
          <section className="panel stack-tight" aria-label="The most important">
            <div className="field">
              <label htmlFor="run-name">
                Name <code>name</code>
              </label>
              <input
                id="run-name"
                value={name}
                placeholder="date, time and recipe"
                autoComplete="off"
                spellCheck={false}
                onChange={({ target }) => setName(target.value)}
              />
              <p className="field-hint">Letters, digits, dots, dashes. Left empty, the date, the time and the recipe.</p>
            </div>
            <div className="field-grid">
              {layout.first.map((field) => (
                <Fragment key={field.path.join('.')}>
                  <FieldView field={field} alone />
                  {field.name === 'seeds' && (
                    <TasksUpload
                      id="seeds-file"
                      label="Seeds from this computer"
                      hint="JSON lines or a JSON array of tasks (instruction, input, output), in place of the key seeds."
                      upload={seeds}
                      onChange={setSeeds}
                    />
                  )}
                </Fragment>
              ))}
            </div>
          </section>
          {layout.sections.map((section) => (
            <SectionView key={section.id} section={section} draft={draft} issues={issues}>
              {section.id === 'evaluation' && (
                <TasksUpload
                  id="held-out-file"
                  label="Test set from this computer"
                  hint="JSON lines or a JSON array of tasks, in place of evaluation.heldOut."
                  upload={heldOut}
                  onChange={setHeldOut}
                />
              )}
            </SectionView>
          ))}
          <OpenWhen open={false} summary="As JSON">
            <JsonView draft={draft} onChange={change} />
          </OpenWhen>
        </div>
        <div className="new-run-side">
          <PlanPanel plan={planned.data} stale={stale} error={create.error ?? planned.error} issues={issues} draft={draft} />
          <div className="panel stack-tight">
            <label className="check">
              <input type="checkbox" checked={start} onChange={({ target }) => setStart(target.checked)} /> Start it at once
            </label>
            <button type="submit" className="button primary" disabled={create.isPending}>
              {create.isPending ? 'Creating…' : start ? 'Create and start' : 'Create'}
            </button>
            <p className="field-problem" role="alert">
              {create.error !== null && (issues.length > 0 ? `Not created: ${formatOf(issues.length, 'thing')} to mend.` : create.error.message)}
            </p>
          </div>
        </div>
      </form>
    </FormContext>
  )
}

function SectionView({
  section,
  draft,
  issues,
  children,
}: {
  readonly section: Section
  readonly draft: Draft
  readonly issues: readonly Issue[]
  readonly children: React.ReactNode
}): ReactElement {
  const wrong = section.fields.reduce((sum, { path }) => sum + countWithin(issues, path), 0)
  return (
    <OpenWhen
      open={wrong > 0}
      summary={
        <>
          {section.title}{' '}
          <span className="muted">
            {section.note +
              setIn(
                draft,
                section.fields.flatMap((field) => (field.kind === 'group' ? field.fields : [field])),
              )}
          </span>
          {wrong > 0 && <span className="badge bad">{formatOf(wrong, 'problem')}</span>}
        </>
      }
    >
      <div className="stack-tight">
        {section.fields.map((field) => (
          <FieldView key={field.name} field={field} />
        ))}
        {children}
      </div>
    </OpenWhen>
  )
}

const noDraft: Draft = {}
const noIssues: readonly Issue[] = []

const issuesOf = (error: Error | null): readonly Issue[] | undefined => (error instanceof ApiProblem ? error.issues : undefined)

/** Seeds that are sent stand in place of the key. */
function withoutSent(draft: Draft, seeds: Upload | undefined): Draft {
  return seeds === undefined ? draft : withValue(draft, ['seeds'], undefined)
}

/** The last value that there was. */
function useLatest<T>(value: T | undefined): T | undefined {
  const [latest, setLatest] = useState(value)
  if (value !== undefined && value !== latest) setLatest(value)
  return value ?? latest
}

/** As soon as something was changed. */
function useDraftInAddress(draft: Draft): void {
  const [search, setSearch] = useSearch()
  const [first] = useState(draft)
  const text = draft === first ? undefined : JSON.stringify(draft)
  const given = search.get('config') ?? undefined
  useEffect(() => {
    if (text !== undefined && text !== given) setSearch({ config: text })
  }, [text, given, setSearch])
}
