import AddIcon from '@mui/icons-material/Add'
import DownloadIcon from '@mui/icons-material/FileDownload'
import UploadIcon from '@mui/icons-material/FileUpload'
import { type ReactNode, useState } from 'react'
import { Button, ColumnsButton, FilterButton, TopToolbar, useListContext, useNotify } from 'react-admin'
import { Link } from 'react-router-dom'
import { may } from '../auth'
import { everyRow } from '../data'
import type { Section } from '../document'
import { text } from '../words/words'
import { csvOf, download } from './csv'

/** The actions for a whole list. */
export function Actions({
  section,
  hasFilters,
  hasColumns,
  children,
}: {
  section: Section
  hasFilters: boolean
  /** Whether it has columns to choose from. */
  hasColumns: boolean
  children?: ReactNode
}): ReactNode {
  const mayCreate = section.creation && may(`${section.name}:write`)
  return (
    <TopToolbar sx={{ flexWrap: 'wrap', flexShrink: { xs: 1, lg: 0 } }}>
      {children}
      {hasFilters && <FilterButton />}
      {hasColumns && <ColumnsButton />}
      {mayCreate && (
        // The library's own button would cover the rows on a phone.
        <Button component={Link} to={`/${section.name}/create`} label={text('lists.add', { what: section.singular })}>
          <AddIcon />
        </Button>
      )}
      {mayCreate && section.bulk && (
        <Button component={Link} to={`/${section.name}/import`} label={text('imports.button')}>
          <UploadIcon />
        </Button>
      )}
      <ExportButton section={section} />
    </TopToolbar>
  )
}

/** Exports all pages of the list, in its order. */
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
        notify(text('lists.exportShort', { count: rows.length, total }), { type: 'warning' })
    } catch (error) {
      notify(error instanceof Error ? error.message : String(error), { type: 'error' })
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button label={text(isBusy ? 'lists.exporting' : 'lists.export')} onClick={run} disabled={isBusy || total === 0}>
      <DownloadIcon />
    </Button>
  )
}
