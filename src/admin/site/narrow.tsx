import { Box, Card, CardContent, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { useTabTitle } from './page-title'
import { LanguageChoice } from './words/choice'

/** A page of one small form. */
export function Narrow({ title, children }: { title: string; children: ReactNode }): ReactNode {
  useTabTitle(title)
  return (
    <Box component="main" sx={{ minHeight: '100vh', display: 'grid', placeContent: 'center', p: 2, gap: 1 }}>
      <Card variant="outlined" sx={{ width: 'min(400px, calc(100vw - 32px))' }}>
        <CardContent sx={{ display: 'grid', gap: 2, p: 3 }}>
          <Typography variant="overline" component="p" color="text.secondary" lang="en" data-name>
            Latchkey
          </Typography>
          <Typography variant="h5" component="h1">
            {title}
          </Typography>
          {children}
        </CardContent>
      </Card>
      <Box sx={{ justifySelf: 'center' }}>
        <LanguageChoice />
      </Box>
    </Box>
  )
}
