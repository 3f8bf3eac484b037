import DownloadIcon from '@mui/icons-material/FileDownload'
import { Box, Button as MuiButton, type Theme, Typography, useMediaQuery } from '@mui/material'
import { type ReactNode, useState } from 'react'
import {
  BulkDeleteButton,
  Button,
  CreateButton,
  DataTable,
  DateInput,
  DateTimeInput,
  FilterButton,
  List,
  NullableBooleanInput,
  NumberInput,
  Pagination,
  type RaRecord,
  SearchInput,
  SelectInput,
  SimpleList,
  TextInput,
  TopToolbar,
  useListContext,
  useNotify,
} from 'react-admin'
import { Link } from 'react-router-dom'
import { may } from '../auth'
import { everyRow } from '../data'
import type { Field, Section } from '../document'
import { PageTitle } from '../page-title'
import { Value } from './cells'
import { csvOf, download } from './csv'
import { choice, ReferencePicker, timeOf } from './inputs'

export interface Column {
  source: string
  label: string
  /** Only where the schema alone does not say it. */
  render?: (row: RaRecord) => ReactNode
}

/** Pages that a list offers; the API gives up to 1,000 rows at a time. */
const SIZES = [10, 25, 50, 100]

/**
 * The list of a section as the document describes it.
 * @param columns in the place of the section's own
 */
export function SectionList({
  section,
  columns = columnsOf(section),
  sort = { field: section.key, order: 'ASC' },
  filters = filtersOf(section),
  actions,
  bulk = <BulkDeleteButton mutationMode="pessimistic" />,
  row = (id) => `/${section.name}/${encodeURIComponent(id)}${section.change ? '' : '/show'}`,
}: {
  section: Section
  columns?: Column[]
  sort?: { field: string; order: 'ASC' | 'DESC' }
  filters?: React.JSX.Element[]
  actions?: ReactNode
  /** What may be done with several rows at once. */
  bulk?: ReactNode
  /** The page of a row. */
  row?: (id: string) => string
}): ReactNode {
  const isSmall = useMediaQuery<Theme>((theme) => theme.breakpoints.down('sm'))
  const mayDelete = section.canDelete && may(`${section.name}:write`)
  const sortable = (source: string) => section.sortable.includes(source)
  const [first, ...others] = columns
  return (
    <List
      resource={section.name}
      title={<PageTitle text={section.label} />}
      sort={sort}
      perPage={25}
      filters={filters}
      exporter={false}
      actions={
        <Actions section={section} hasFilters={filters.length > 0}>
          {actions}
        </Actions>
      }
      empty={<Empty section={section} />}
      pagination={<Pagination rowsPerPageOptions={SIZES} />}
    >
      {isSmall ? (
        <SimpleList
          linkType={false}
          primaryText={(record) => <Link to={row(String(record.id))}>{cellOf(section, first!, record)}</Link>}
          secondaryText={(record) => (
            <Box component="span" sx={{ display: 'grid', gap: 0.5 }}>
              {others.slice(0, 5).map((column) => (
                <span key={column.source}>
                  {column.label}: {cellOf(section, column, record)}
                </span>
              ))}
            </Box>
          )}
          rowSx={() => ({ borderBottom: 1, borderColor: 'divider' })}
        />
      ) : (
        <DataTable rowClick={(id) => row(String(id))} bulkActionButtons={mayDelete && bulk}>
          {columns.map((column, index) => (
            <DataTable.Col
              key={column.source}
              source={column.source}
              label={column.label}
              disableSort={!sortable(column.source)}
              render={(record) => {
                const shown = cellOf(section, column, record as RaRecord)
                // Rows are clicked; a keyboard needs a link.
                return index === 0 ? <Link to={row(String(record.id))}>{shown}</Link> : shown
              }}
            />
          ))}
        </DataTable>
      )}
    </List>
  )
}

function columnsOf({ columns }: Section): Column[] {
  return columns.map(({ name, label }) => ({ source: name, label }))
}

/** A search, where there is one, and an input for each filter of the document. */
export function filtersOf({ filters, isSearchable, label }: Section): React.JSX.Element[] {
  const search = (
    <SearchInput
      key="q"
      source="q"
      alwaysOn
      placeholder={`Search ${label.toLowerCase()}`}
      inputProps={{ 'aria-label': `Search ${label.toLowerCase()}` }}
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
  if (render) return render(record)
  const schema = section.columns.find(({ name }) => name === source)?.schema ?? {}
  return <Value value={record[source]} schema={schema} />
}

function Actions({ section, hasFilters, children }: { section: Section; hasFilters: boolean; children?: ReactNode }) {
  const mayCreate = section.creation && may(`${section.name}:write`)
  return (
    <TopToolbar>
      {children}
      {hasFilters && <FilterButton />}
      {mayCreate && <CreateButton label={`Add ${section.singular}`} />}
      <ExportButton section={section} />
    </TopToolbar>
  )
}

/** Exports what the list shows, all pages of it, in its order. */
function ExportButton({ section }: { section: Section }) {
  const { filterValues, sort, total } = useListContext()
  const [isBusy, setBusy] = useState(false)
  const notify = useNotify()
  const run = async () => {
    setBusy(true)
    try {
      const rows = await everyRow(section, { filter: filterValues, sort })
      download(`${section.name}.csv`, csvOf(section.columns, rows))
      if (total !== undefined && rows.length < total)
        notify(`The file has the first ${rows.length} of ${total} rows: filter for the others.`, { type: 'warning' })
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error), { type: 'error' })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button label={isBusy ? 'Exporting…' : 'Export CSV'} onClick={run} disabled={isBusy || total === 0}>
      <DownloadIcon />
    </Button>
  )
}

function Empty({ section }: { section: Section }) {
  const mayCreate = section.creation && may(`${section.name}:write`)
  return (
    <Box sx={{ textAlign: 'center', p: 6, width: '100%' }}>
      <Typography variant="h5" component="p" gutterBottom>
        No {section.label.toLowerCase()} yet
      </Typography>
      <Typography color="text.secondary" gutterBottom>
        {mayCreate ? `Add the first ${section.singular}; it is in the API at once.` : section.description}
      </Typography>
      {mayCreate && (
        <MuiButton component={Link} to={`/${section.name}/create`} variant="contained" sx={{ mt: 2 }}>
          Add {section.singular}
        </MuiButton>
      )}
    </Box>
  )
}
