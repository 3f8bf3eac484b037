import { Alert, Box, Button, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { useListContext } from 'react-admin'
import { Link } from 'react-router-dom'
import { may } from '../auth'
import type { Section } from '../document'
import { text } from '../words/words'
import { type Failure, useTryAgain } from './failure'

/** Shown instead of the rows if they could not be loaded, which does not mean that there are none. */
export function ListFailure({ failure }: { failure: Failure }): ReactNode {
  const tryAgain = useTryAgain(failure)
  const { isFetching } = useListContext()
  return (
    <Alert
      severity="error"
      sx={{ m: 2, alignItems: 'center' }}
      action={
        <Button color="inherit" onClick={tryAgain} disabled={isFetching} sx={{ whiteSpace: 'nowrap' }}>
          {text('shared.tryAgain')}
        </Button>
      }
    >
      {text('lists.failed')} {failure.message}
    </Alert>
  )
}

/** There are rows, but none here. */
export function NoMatch(): ReactNode {
  const { filterValues, setFilters, setPage, total = 0 } = useListContext()
  const isBeyond = total > 0
  if (!isBeyond && Object.keys(filterValues ?? {}).length === 0) return null
  return (
    <Box role="status" sx={{ p: 4, textAlign: 'center' }}>
      <Typography gutterBottom>{text(isBeyond ? 'lists.noPage' : 'lists.noMatch')}</Typography>
      {!isBeyond && (
        <Typography color="text.secondary" gutterBottom>
          {text('lists.noMatchHelp')}
        </Typography>
      )}
      <Button variant="outlined" onClick={() => (isBeyond ? setPage(1) : setFilters({}, []))}>
        {text(isBeyond ? 'lists.firstPage' : 'lists.clearFilters')}
      </Button>
    </Box>
  )
}

/** There is not one row at all. */
export function Empty({ section }: { section: Section }): ReactNode {
  const mayCreate = section.creation && may(`${section.name}:write`)
  return (
    <Box sx={{ textAlign: 'center', p: { xs: 3, sm: 6 }, width: '100%' }}>
      <Typography variant="h5" component="p" gutterBottom>
        {text('lists.empty', { what: section.label.toLowerCase() })}
      </Typography>
      <Typography color="text.secondary" gutterBottom>
        {mayCreate ? text('lists.addFirst', { what: section.singular }) : section.description}
      </Typography>
      {mayCreate && (
        <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 1, justifyContent: 'center', mt: 2 }}>
          <Button component={Link} to={`/${section.name}/create`} variant="contained">
            {text('lists.add', { what: section.singular })}
          </Button>
          {section.bulk && (
            <Button component={Link} to={`/${section.name}/import`} variant="outlined">
              {text('imports.button')}
            </Button>
          )}
        </Box>
      )}
    </Box>
  )
}
