import { type ReactElement, useState } from 'react'
import { type SchemaNode, useConfigSchema } from '../../api/config.ts'
import { useSearch } from '../../api/use-search.ts'
import { PageHead } from '../../parts/page-head.tsx'
import { Failed, Loading } from '../../parts/states.tsx'
import { type Draft, firstDraft } from './draft.ts'
import { fieldsOf } from './fields.ts'
import { NewRunForm } from './new-run-form.tsx'
import { useDraftOf } from './use-draft-of.ts'
import './new-run.css'

/** A form made from the configuration’s schema, with the estimate beside it; begins as another run when the address names one. */
export default function NewRun(): ReactElement {
  const schema = useConfigSchema()
  return (
    <>
      <PageHead title="New run" />
      {schema.data !== undefined ? (
        <Begun schema={schema.data} />
      ) : schema.error !== null ? (
        <Failed error={schema.error} onRetry={schema.refetch} />
      ) : (
        <Loading what="the form" />
      )}
    </>
  )
}

function Begun({ schema }: { readonly schema: SchemaNode }): ReactElement {
  const [search] = useSearch()
  const [fields] = useState(() => fieldsOf(schema))
  const from = search.get('from') ?? undefined
  const given = written(search.get('config'))
  const other = useDraftOf(given === undefined ? from : undefined, fields)
  if (other.error !== null) return <Failed error={other.error} onRetry={other.refetch} />
  if (from !== undefined && given === undefined && other.data === undefined) return <Loading what={`the configuration of ${from}`} />
  return <NewRunForm key={from} fields={fields} first={given ?? other.data ?? firstDraft} from={from} />
}

/** The address keeps what was written, so that it survives a reload and can be sent to somebody; one that was cut off is as none. */
function written(text: string | null): Draft | undefined {
  try {
    const value: unknown = JSON.parse(text ?? 'null')
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Draft) : undefined
  } catch {
    return undefined
  }
}
