import { Alert, Box, Button, Skeleton, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { sentenceOf } from '../api'
import { useTabTitle } from '../page-title'
import { text } from '../words/words'

/** The title of a page, on the page and in the browser's tab, with its actions. */
export function Heading({ title, children }: { title: string; children?: ReactNode }): ReactNode {
  useTabTitle(title)
  return (
    <Box sx={{ display: 'flex', flexWrap: 'wrap', gap: 2, alignItems: 'center', justifyContent: 'space-between' }}>
      <Typography variant="h5" component="h1" sx={{ overflowWrap: 'anywhere' }}>
        {title}
      </Typography>
      {children}
    </Box>
  )
}

/** Shown instead of something that could not be loaded, or is not loaded yet. */
export function NotThere({ error, onRetry }: { error: unknown; onRetry: () => void }): ReactNode {
  if (!error) return <Skeleton height={120} aria-label={text('signIn.loading')} />
  return (
    <Alert severity="error" action={<Button onClick={onRetry} color="inherit" children={text('shared.tryAgain')} />}>
      <span data-api>{sentenceOf(error)}</span>
    </Alert>
  )
}
