import type { ReactNode } from 'react'
import {
  AutocompleteInput,
  BooleanInput,
  CheckboxGroupInput,
  DateInput,
  DateTimeInput,
  maxLength,
  maxValue,
  minLength,
  minValue,
  NumberInput,
  PasswordInput,
  ReferenceInput,
  regex,
  required,
  SelectInput,
  TextArrayInput,
  TextInput,
  useResourceContext,
  useResourceDefinition,
} from 'react-admin'
import { may } from '../auth'
import { type Field, helpOf } from '../document'
import { text } from '../words/words'

/** The input of a field, with the rules of its schema. The server checks them again. */
export function SchemaInput({ field, isReadOnly }: { field: Field; isReadOnly: boolean }): ReactNode {
  const section = useResourceContext() ?? ''
  const { name, label, schema } = field
  const common = {
    source: name,
    label,
    helperText: helpOf(section, field) ?? false,
    readOnly: isReadOnly,
    validate: rulesOf(field),
    fullWidth: true,
  }
  const target = schema['x-references']
  if (target && may(`${target}:read`)) return <ReferencePicker {...common} helperText={false} target={target} />
  if (schema.type === 'boolean') return <BooleanInput {...common} validate={undefined} />
  if (schema.type === 'array')
    return schema.items?.enum ? (
      <CheckboxGroupInput {...common} choices={schema.items.enum.map(choice)} />
    ) : (
      <TextArrayInput {...common} />
    )
  if (schema.enum) return <SelectInput {...common} choices={schema.enum.map(choice)} />
  if (schema.format === 'date-time') return <DateTimeInput {...common} parse={timeOf} />
  if (schema.format === 'date') return <DateInput {...common} />
  if (schema.type === 'integer' || schema.type === 'number') return <NumberInput {...common} />
  if (schema.format === 'password') return <PasswordInput {...common} autoComplete="new-password" />
  return <TextInput {...common} parse={(text: string) => text} multiline={(schema.maxLength ?? 0) > 500} />
}

interface Picked {
  source: string
  label: string
  target: string
  helperText?: ReactNode
  readOnly?: boolean
  validate?: ReturnType<typeof rulesOf>
}

/** Chooses one of any number of rows. The server searches, and returns the first few. */
export function ReferencePicker({ source, target, ...rest }: Picked): ReactNode {
  const { options } = useResourceDefinition({ resource: target })
  const filterOf = (q: string) => (options?.isSearchable && q ? { q } : {})
  return (
    <ReferenceInput source={source} reference={target}>
      <AutocompleteInput {...rest} filterToQuery={filterOf} fullWidth />
    </ReferenceInput>
  )
}

export function choice(value: string) {
  return { id: value, name: value }
}

function rulesOf({ schema, isRequired }: Field) {
  const { minLength: shortest, maxLength: longest, minimum, maximum, pattern, type } = schema
  return [
    ...(isRequired && type !== 'array' && shortest !== 0 ? [required()] : []),
    ...(shortest && shortest > 1 ? [minLength(shortest)] : []),
    ...(longest ? [maxLength(longest)] : []),
    ...(minimum === undefined ? [] : [minValue(minimum)]),
    ...(maximum === undefined ? [] : [maxValue(maximum)]),
    ...(pattern ? [regex(new RegExp(pattern), text('forms.wrongForm'))] : []),
  ]
}

/** The value of a browser's time field has no zone. It is in the user's zone. */
export function timeOf(text: string): string | null {
  const time = new Date(text)
  return Number.isNaN(time.getTime()) ? null : time.toISOString()
}
