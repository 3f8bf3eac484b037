import { Box, Checkbox, MenuItem, Skeleton, TextField, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { BulkActionsToolbar, type RaRecord, useListContext } from 'react-admin'
import { Link } from 'react-router-dom'
import { text } from '../words/words'
import { NoMatch } from './states'

export interface Shown {
  source: string
  label: string
  isSortable: boolean
  show: (record: RaRecord) => ReactNode
}

/**
 * The rows of a list, one below the other, if there is no room for a table.
 * @param bulk the actions for several rows at once. Without it, rows cannot be selected
 */
export function Cards({
  columns,
  row,
  bulk,
  isSelectable = () => true,
}: {
  columns: Shown[]
  row: (id: string) => string
  bulk: ReactNode
  isSelectable?: (record: RaRecord) => boolean
}): ReactNode {
  const { data, isPending, selectedIds = [], onToggleItem } = useListContext()
  const [first, ...others] = columns
  if (isPending) return <Skeleton variant="rectangular" height={240} sx={{ m: 2 }} />
  if (!data?.length) return <NoMatch />
  return (
    <>
      {bulk && <BulkActionsToolbar>{bulk}</BulkActionsToolbar>}
      <SortedBy columns={columns} />
      <Box component="ul" sx={{ listStyle: 'none', m: 0, p: 0 }}>
        {data.map((record) => (
          <Box
            component="li"
            key={record.id}
            sx={{ display: 'flex', alignItems: 'flex-start', borderTop: 1, borderColor: 'divider', p: 1.5, gap: 1 }}
          >
            {bulk && isSelectable(record) && (
              <Checkbox
                size="small"
                sx={{ mt: -1 }}
                checked={selectedIds.includes(record.id)}
                onChange={() => onToggleItem(record.id)}
                slotProps={{ input: { 'aria-label': text('lists.select', { what: String(record.id) }) } }}
              />
            )}
            <Box sx={{ minWidth: 0, flex: 1 }}>
              <Typography component="p" gutterBottom>
                <Link to={row(String(record.id))}>{first!.show(record)}</Link>
              </Typography>
              <Box
                component="dl"
                sx={{
                  m: 0,
                  display: 'grid',
                  gridTemplateColumns: 'repeat(auto-fill, minmax(min(100%, 220px), 1fr))',
                  columnGap: 3,
                  rowGap: 0.5,
                }}
              >
                {others.map(({ source, label, show }) => (
                  <Box key={source} sx={{ display: 'flex', gap: 1, flexWrap: 'wrap', minWidth: 0 }}>
                    <Typography component="dt" variant="body2" color="text.secondary">
                      {label}
                    </Typography>
                    <Typography component="dd" variant="body2" sx={{ m: 0, minWidth: 0 }}>
                      {show(record)}
                    </Typography>
                  </Box>
                ))}
              </Box>
            </Box>
          </Box>
        ))}
      </Box>
    </>
  )
}

/** Sorts the rows, as the heads of a table's columns do. */
function SortedBy({ columns }: { columns: Shown[] }) {
  const { sort, setSort } = useListContext()
  const choices = columns
    .filter(({ isSortable }) => isSortable)
    .flatMap(({ source, label }) => [
      { id: `${source} ASC`, label: text('lists.sortUp', { field: label }) },
      { id: `${source} DESC`, label: text('lists.sortDown', { field: label }) },
    ])
  const now = `${sort.field} ${sort.order}`
  if (choices.length === 0) return null
  return (
    <TextField
      select
      size="small"
      label={text('lists.sortBy')}
      value={choices.some(({ id }) => id === now) ? now : ''}
      onChange={({ target }) => {
        const [field = '', order] = target.value.split(' ')
        setSort({ field, order: order as 'ASC' | 'DESC' })
      }}
      sx={{ m: 1.5, minWidth: 220, maxWidth: 'calc(100% - 24px)' }}
    >
      {choices.map(({ id, label }) => (
        <MenuItem key={id} value={id}>
          {label}
        </MenuItem>
      ))}
    </TextField>
  )
}
