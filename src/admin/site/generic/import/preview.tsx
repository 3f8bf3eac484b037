import {
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
import type { Draft, Row } from './draft'

/** Rows that are shown at a time. */
const SHOWN = 50

/** Every row of a file as it was read, and what is wrong with it at the cell that it is about. */
export function Preview({ draft }: { draft: Draft }): ReactNode {
  const wrong = draft.rows.filter(isWrong)
  const [isOnlyWrong, setOnlyWrong] = useState(wrong.length > 0)
  const [page, setPage] = useState(0)
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
      {/* A region that scrolls is reached by a keyboard, too. */}
      <TableContainer tabIndex={0} role="region" aria-label={text('imports.preview')} sx={{ maxHeight: '60vh' }}>
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
            {shown.map((row) => (
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

export function isWrong({ errors }: Row): boolean {
  return Object.keys(errors).length > 0
}

/** What is wrong with a row beside its cells: a field that the file does not have. */
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
