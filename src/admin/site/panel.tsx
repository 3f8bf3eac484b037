import { Box, Card, CardContent, Link as MuiLink, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { Link } from 'react-router-dom'
import { text } from './words/words'

/**
 * A titled part of a page.
 * @param more the address of the complete list
 */
export function Panel({ title, more, children }: { title: string; more?: string; children: ReactNode }): ReactNode {
  return (
    <Card variant="outlined">
      <CardContent sx={{ display: 'grid', gap: 1 }}>
        <Box sx={{ display: 'flex', justifyContent: 'space-between', alignItems: 'baseline' }}>
          <Typography variant="h6" component="h2">
            {title}
          </Typography>
          {more && (
            <MuiLink component={Link} to={more} aria-label={text('home.allOf', { title })}>
              {text('home.all')}
            </MuiLink>
          )}
        </Box>
        {children}
      </CardContent>
    </Card>
  )
}
