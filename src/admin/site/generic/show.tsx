import type { ReactNode } from 'react'
import {
  FunctionField,
  HttpError,
  Show,
  SimpleShowLayout,
  useGetRecordRepresentation,
  useNotify,
  useRecordContext,
  useRedirect,
} from 'react-admin'
import type { Section } from '../document'
import { History } from '../history/history'
import { PageTitle } from '../page-title'
import { Value } from './cells'

/** Shows every field of a record that cannot be changed. */
export function SectionShow({
  section,
  values = {},
}: {
  section: Section
  /** Other ways to show fields than their schemas say. */
  values?: Record<string, (value: unknown) => ReactNode>
}): ReactNode {
  return (
    <Show
      resource={section.name}
      title={<RecordTitle section={section} />}
      actions={false}
      queryOptions={{ onError: useReadFailure(section) }}
    >
      <SimpleShowLayout>
        {section.columns.map(({ name, label, schema }) => (
          <FunctionField
            key={name}
            label={label}
            render={(record) => values[name]?.(record[name]) ?? <Value value={record[name]} schema={schema} />}
          />
        ))}
      </SimpleShowLayout>
      <RecordHistory section={section} />
    </Show>
  )
}

export function RecordTitle({ section }: { section: Section }): ReactNode {
  const record = useRecordContext()
  const represent = useGetRecordRepresentation(section.name)
  const name = record ? String(represent(record)) : ''
  return <PageTitle text={`${section.singular.charAt(0).toUpperCase()}${section.singular.slice(1)} ${name}`} />
}

/** The history of an object. An event has none. */
export function RecordHistory({ section }: { section: Section }): ReactNode {
  const record = useRecordContext()
  if (!record || section.name === 'events') return null
  return <History resource={section.name} object={record[section.key]} labels={labelsOf(section)} />
}

function labelsOf({ columns }: Section): Record<string, string> {
  return Object.fromEntries(columns.map(({ name, label }) => [name, label]))
}

/** Only a missing record leads back to the list. */
export function useReadFailure({ name }: Section): (error: Error) => void {
  const notify = useNotify()
  const redirect = useRedirect()
  return (error: Error) => {
    notify(error.message, { type: 'error' })
    if (error instanceof HttpError && error.status === 404) redirect('list', name)
  }
}
