import {
  Box,
  FormControlLabel,
  Switch,
  Table,
  TableBody,
  TableCell,
  TableContainer,
  TableHead,
  TablePagination,
  TableRow,
  Typography,
} from '@mui/material'
import { type ReactNode, useState } from 'react'
import { text } from '../../words/words'
import { Text } from '../cells'
import { useRoom } from '../room'
import type { Draft, Row } from './draft'

/** How many rows are shown at a time. */
const SHOWN = 50

/** Shows every row of a file, with each error at its cell. */
export function Preview({ draft }: { draft: Draft }): ReactNode {
  const wrong = draft.rows.filter(isWrong)
  const [isOnlyWrong, setOnlyWrong] = useState(wrong.length > 0)
  const [page, setPage] = useState(0)
  const { place, isRoomy } = useRoom('.preview')
  const rows = isOnlyWrong ? wrong : draft.rows
  const shown = rows.slice(page * SHOWN, (page + 1) * SHOWN)
  return (
    <>
      {wrong.length > 0 && wrong.length < draft.rows.length && (
        <FormControlLabel
          control={
            <Switch
              checked={isOnlyWrong}
              onChange={({ target }) => {
                setOnlyWrong(target.checked)
                setPage(0)
              }}
            />
          }
          label={text('imports.onlyWrong')}
        />
      )}
      <Box ref={place}>{isRoomy ? <AsTable draft={draft} rows={shown} /> : <AsList draft={draft} rows={shown} />}</Box>
      {rows.length > SHOWN && (
        <TablePagination
          component="div"
          count={rows.length}
          page={page}
          rowsPerPage={SHOWN}
          rowsPerPageOptions={[]}
          onPageChange={(_, next) => setPage(next)}
          labelDisplayedRows={({ from, to, count }) => text('imports.range', { from, to, count })}
        />
      )}
    </>
  )
}

function AsTable({ draft, rows }: { draft: Draft; rows: Row[] }) {
  // A keyboard can reach a region that scrolls.
  return (
    <TableContainer
      className="preview"
      tabIndex={0}
      role="region"
      aria-label={text('imports.preview')}
      sx={{ maxHeight: '60vh' }}
    >
      <Table size="small" stickyHeader>
        <TableHead>
          <TableRow>
            <TableCell align="right">{text('imports.line')}</TableCell>
            {draft.fields.map(({ name, label }) => (
              <TableCell key={name}>{label}</TableCell>
            ))}
          </TableRow>
        </TableHead>
        <TableBody>
          {rows.map((row) => (
            <TableRow key={row.line}>
              <TableCell align="right" sx={{ verticalAlign: 'top' }}>
                {row.line}
                <Complaint sentence={beside(row, draft)} />
              </TableCell>
              {draft.fields.map(({ name }) => (
                <TableCell key={name} sx={{ verticalAlign: 'top' }}>
                  <Text>{row.cells[name] ?? ''}</Text>
                  <Complaint sentence={row.errors[name]} />
                </TableCell>
              ))}
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </TableContainer>
  )
}

/** Shown if a table would be cut off. */
function AsList({ draft, rows }: { draft: Draft; rows: Row[] }) {
  return (
    <Box component="ul" aria-label={text('imports.preview')} sx={{ listStyle: 'none', m: 0, p: 0 }}>
      {rows.map((row) => (
        <Box component="li" key={row.line} sx={{ borderTop: 1, borderColor: 'divider', py: 1 }}>
          <Typography color="text.secondary">
            {text('imports.line')} {row.line}
          </Typography>
          <Complaint sentence={beside(row, draft)} />
          {draft.fields.map(({ name, label }) => (
            <Box key={name}>
              <Typography variant="body2">
                {label}: <Text>{row.cells[name] ?? ''}</Text>
              </Typography>
              <Complaint sentence={row.errors[name]} />
            </Box>
          ))}
        </Box>
      ))}
    </Box>
  )
}

export function isWrong({ errors }: Row): boolean {
  return Object.keys(errors).length > 0
}

/** Errors of a row that are not about its cells, such as a field that the file does not have. */
function beside({ errors }: Row, { fields }: Draft): string | undefined {
  const names = fields.map(({ name }) => name)
  const others = Object.entries(errors).filter(([name]) => !names.includes(name))
  return others.map(([name, sentence]) => (name === 'row' ? sentence : `${name}: ${sentence}`)).join(' ') || undefined
}

function Complaint({ sentence }: { sentence: string | undefined }) {
  if (!sentence) return null
  return (
    <Typography variant="body2" color="error" lang="en" sx={{ minWidth: '16ch', textAlign: 'start' }}>
      {sentence}
    </Typography>
  )
}
