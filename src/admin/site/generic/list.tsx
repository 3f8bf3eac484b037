import { Box } from '@mui/material'
import type { ReactNode } from 'react'
import {
  BulkDeleteButton,
  DataTable,
  DateInput,
  DateTimeInput,
  List,
  NullableBooleanInput,
  NumberInput,
  Pagination,
  type RaRecord,
  SearchInput,
  SelectInput,
  TextInput,
} from 'react-admin'
import { Link } from 'react-router-dom'
import { may } from '../auth'
import type { Field, Schema, Section } from '../document'
import { PageTitle } from '../page-title'
import { text } from '../words/words'
import { Actions } from './actions'
import { Cards } from './cards'
import { Value } from './cells'
import { useFailure } from './failure'
import { choice, ReferencePicker, timeOf } from './inputs'
import { useRoom } from './room'
import { Empty, ListFailure, NoMatch } from './states'

export interface Column {
  source: string
  label: string
  /** Only if the schema does not say enough. */
  render?: (row: RaRecord) => ReactNode
}

/** The page sizes that a list offers. The API returns up to 1,000 rows at a time. */
const SIZES = [10, 25, 50, 100]

/**
 * The list of a section as the document describes it.
 * @param columns that replace the section's own
 */
export function SectionList({
  section,
  columns = columnsOf(section),
  sort = { field: section.key, order: 'ASC' },
  filters = filtersOf(section),
  actions,
  bulk = <BulkDeleteButton mutationMode="pessimistic" />,
  isSelectable,
  row = (id) => `/${section.name}/${encodeURIComponent(id)}${section.change ? '' : '/show'}`,
}: {
  section: Section
  columns?: Column[]
  sort?: { field: string; order: 'ASC' | 'DESC' }
  filters?: React.JSX.Element[]
  actions?: ReactNode
  /** The actions for several rows at once. */
  bulk?: ReactNode
  /** The rows for which the actions are allowed. By default, all. */
  isSelectable?: (row: RaRecord) => boolean
  /** The page of a row. */
  row?: (id: string) => string
}): ReactNode {
  const { place, isRoomy } = useRoom('.RaDataTable-tableWrapper')
  const { failure, onError, onSuccess } = useFailure()
  const mayDelete = section.canDelete && may(`${section.name}:write`)
  const shown = columns.map((column) => ({
    source: column.source,
    label: column.label,
    isSortable: section.sortable.includes(column.source),
    show: (record: RaRecord) => cellOf(section, column, record),
  }))
  return (
    <List
      resource={section.name}
      title={<PageTitle text={section.label} />}
      sort={sort}
      perPage={25}
      filters={filters}
      exporter={false}
      queryOptions={{ onError, onSuccess }}
      error={failure && <ListFailure failure={failure} />}
      actions={
        <Actions section={section} hasFilters={filters.length > 0} hasColumns={isRoomy}>
          {actions}
        </Actions>
      }
      empty={<Empty section={section} />}
      pagination={!failure && <Pagination rowsPerPageOptions={SIZES} />}
    >
      <Box ref={place}>
        {failure ? (
          <ListFailure failure={failure} />
        ) : isRoomy ? (
          <DataTable
            rowClick={(id) => row(String(id))}
            bulkActionButtons={mayDelete && bulk}
            isRowSelectable={isSelectable}
            empty={<NoMatch />}
          >
            {shown.map(({ source, label, isSortable, show }, index) => (
              <DataTable.Col
                key={source}
                source={source}
                label={label}
                disableSort={!isSortable}
                align={isNumeric(schemaOf(section, source)) ? 'right' : undefined}
                // A mouse clicks on rows. A keyboard needs a link.
                render={(record) =>
                  index === 0 ? (
                    // The row would react too. The link alone makes only one entry of the history.
                    <Link to={row(String(record.id))} onClick={(event) => event.stopPropagation()}>
                      {show(record as RaRecord)}
                    </Link>
                  ) : (
                    show(record as RaRecord)
                  )
                }
              />
            ))}
          </DataTable>
        ) : (
          <Cards columns={shown} row={row} bulk={mayDelete && bulk} isSelectable={isSelectable} />
        )}
      </Box>
    </List>
  )
}

function columnsOf({ columns }: Section): Column[] {
  return columns.map(({ name, label }) => ({ source: name, label }))
}

/** A search, if there is one, and an input for each filter of the document. */
export function filtersOf({ filters, isSearchable, label }: Section): React.JSX.Element[] {
  const search = (
    <SearchInput
      key="q"
      source="q"
      alwaysOn
      placeholder={text('lists.search', { what: label.toLowerCase() })}
      inputProps={{ 'aria-label': text('lists.search', { what: label.toLowerCase() }) }}
    />
  )
  return [...(isSearchable ? [search] : []), ...filters.map(filterInput)]
}

function filterInput({ name, label, schema }: Field) {
  const rest = { source: name, label, helperText: false as const }
  const target = schema['x-references']
  if (target && may(`${target}:read`)) return <ReferencePicker key={name} {...rest} target={target} />
  if (schema.type === 'boolean') return <NullableBooleanInput key={name} {...rest} />
  if (schema.enum) return <SelectInput key={name} {...rest} choices={schema.enum.map(choice)} />
  if (schema.format === 'date-time') return <DateTimeInput key={name} {...rest} parse={timeOf} />
  if (schema.format === 'date') return <DateInput key={name} {...rest} />
  if (schema.type === 'integer' || schema.type === 'number') return <NumberInput key={name} {...rest} />
  return <TextInput key={name} {...rest} />
}

function cellOf(section: Section, { source, render }: Column, record: RaRecord) {
  return render ? render(record) : <Value value={record[source]} schema={schemaOf(section, source)} />
}

function schemaOf({ columns }: Section, source: string): Schema {
  return columns.find(({ name }) => name === source)?.schema ?? {}
}

/** Whether the value is a number. A decimal, which is text in the API, counts. The key of another row does not. */
function isNumeric({ type, pattern, ...schema }: Schema): boolean {
  if (schema['x-references']) return false
  return type === 'integer' || type === 'number' || (type === 'string' && /^\^-\?\\d/.test(pattern ?? ''))
}
