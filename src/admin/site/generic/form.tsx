import { Alert, Button, CircularProgress } from '@mui/material'
import { Fragment, type ReactNode, useState } from 'react'
import {
  Create,
  DeleteButton,
  Edit,
  HttpError,
  type RaRecord,
  SaveButton,
  SimpleForm,
  type SimpleFormProps,
  Toolbar,
  useEditContext,
  useNotify,
  useRecordContext,
  useRedirect,
  useSaveContext,
} from 'react-admin'
import { sentencesOf } from '../api'
import { may } from '../auth'
import { ETAG } from '../data'
import type { Field, Section } from '../document'
import { PageTitle } from '../page-title'
import { type Question, useQuestion } from '../question'
import { text } from '../words/words'
import { FormGuard } from '../work/form-guard'
import { SchemaInput } from './inputs'
import { RecordHistory, RecordTitle, useReadFailure } from './show'

/** Inputs that replace those of the schema. */
type Inputs = Record<string, ReactNode>

/** A question before these values are saved, if there is one. */
export type Ask = (values: Record<string, unknown>, record?: RaRecord) => Question | undefined

/** A form for the body of the API's create. */
export function SectionCreate({
  section,
  inputs = {},
  defaults = {},
  ask,
  onAdded,
}: {
  section: Section
  inputs?: Inputs
  /** The initial values of the form. */
  defaults?: Record<string, unknown>
  ask?: Ask
  /** Runs before the page of the record is shown. */
  onAdded?: (record: RaRecord) => Promise<void>
}): ReactNode {
  const [isSaved, setSaved] = useState(false)
  const notify = useNotify()
  const redirect = useRedirect()
  const onSuccess = async (record: RaRecord) => {
    setSaved(true)
    notify(text('forms.added'), { type: 'success' })
    await onAdded?.(record)
    redirect(section.change ? 'edit' : 'list', section.name, record.id)
  }
  return (
    <Create
      resource={section.name}
      title={<PageTitle text={text('forms.add', { what: section.singular })} />}
      mutationOptions={{ onSuccess }}
    >
      <AskingForm ask={ask} sanitizeEmptyValues defaultValues={{ ...initialValuesOf(section.creation!), ...defaults }}>
        <FormGuard isSaved={isSaved} />
        <Fields fields={section.creation!} inputs={inputs} />
      </AskingForm>
    </Create>
  )
}

/**
 * A form for the body of the API's update. It does not overwrite changes that somebody else has made since the record was read.
 * @param children shown below the form, about the same record
 */
export function SectionEdit({
  section,
  inputs = {},
  ask,
  remove = <DeleteButton mutationMode="pessimistic" redirect="list" />,
  above,
  children,
}: {
  section: Section
  inputs?: Inputs
  ask?: Ask
  /** The button that deletes the record. */
  remove?: ReactNode
  /** Something that the user must not miss. */
  above?: ReactNode
  children?: ReactNode
}): ReactNode {
  const [isStale, setStale] = useState(false)
  // After a change by somebody else, the typed values stay until they are saved.
  const [isKept, setKept] = useState(false)
  const notify = useNotify()
  const mayWrite = may(`${section.name}:write`)
  const isFixed = ({ name }: Field) => !mayWrite || name === section.key
  return (
    <Edit
      resource={section.name}
      title={<RecordTitle section={section} />}
      mutationMode="pessimistic"
      redirect={false}
      actions={false}
      // Otherwise the tag of the shown record would be renewed without the user noticing.
      queryOptions={{ refetchOnWindowFocus: false, refetchOnReconnect: false, onError: useReadFailure(section) }}
      mutationOptions={{
        onSuccess: () => {
          setKept(false)
          setStale(false)
          notify(text('forms.saved'), { type: 'success' })
        },
        onError: (error: unknown) => {
          if (error instanceof HttpError && error.status === 412) setStale(true)
          // The error of a field is shown at that field.
          else if (sentencesOf(error).root) notify(sentencesOf(error).root!, { type: 'error' })
        },
      }}
    >
      <Whole>
        {above}
        {isStale && <Stale onReload={() => setKept(true)} onReloaded={() => setStale(false)} />}
        <AskingForm
          ask={ask}
          resetOptions={isKept ? KEPT : undefined}
          toolbar={
            mayWrite ? (
              <Toolbar sx={{ justifyContent: 'space-between' }}>
                <SaveButton />
                {section.canDelete && remove}
              </Toolbar>
            ) : (
              false
            )
          }
        >
          <FormGuard />
          <Fields fields={section.change!.fields} inputs={mayWrite ? inputs : {}} isReadOnly={isFixed} />
        </AskingForm>
        {children}
        <RecordHistory section={section} />
      </Whole>
    </Edit>
  )
}

function AskingForm({ ask, ...form }: SimpleFormProps & { ask?: Ask }) {
  const { save } = useSaveContext()
  const record = useRecordContext()
  const { question, asked } = useQuestion()
  const submit = async (values: Record<string, unknown>) => {
    const needed = ask?.(values, record)
    if (needed && !(await asked(needed))) return undefined
    return save!(values)
  }
  return (
    <>
      <SimpleForm {...form} {...(ask && { onSubmit: submit as never })} />
      {question}
    </>
  )
}

/** A list shows its row at once. A form waits for the current record, with the tag that a change sends. */
function Whole({ children }: { children: ReactNode }) {
  const record = useRecordContext()
  return record?.[ETAG] ? children : <CircularProgress sx={{ m: 4 }} />
}

function Fields({
  fields,
  inputs,
  isReadOnly = () => false,
}: {
  fields: Field[]
  inputs: Inputs
  isReadOnly?: (field: Field) => boolean
}) {
  return fields.map((field) => (
    <Fragment key={field.name}>
      {inputs[field.name] ?? <SchemaInput field={field} isReadOnly={isReadOnly(field)} />}
    </Fragment>
  ))
}

const KEPT = { keepDirtyValues: true }

function Stale({ onReload, onReloaded }: { onReload: () => void; onReloaded: () => void }) {
  const { refetch } = useEditContext()
  const reload = async () => {
    onReload()
    const { isSuccess } = await refetch()
    if (isSuccess) onReloaded()
  }
  return (
    <Alert
      severity="warning"
      action={
        <Button color="inherit" onClick={reload}>
          {text('forms.reload')}
        </Button>
      }
    >
      {text('forms.stale')}
    </Alert>
  )
}

/** The values that the API assumes for untouched fields. A required list may be empty. */
function initialValuesOf(fields: Field[]) {
  return Object.fromEntries(
    fields.flatMap(({ name, schema, isRequired }): [string, unknown][] => {
      if (schema.default !== undefined) return [[name, schema.default]]
      return isRequired && schema.type === 'array' ? [[name, []]] : []
    }),
  )
}
