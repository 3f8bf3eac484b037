import CopyIcon from '@mui/icons-material/ContentCopy'
import { Box, Button, Typography } from '@mui/material'
import { type ReactNode, useState } from 'react'
import { text } from './words/words'

/** A text with a button that copies it. */
export function Copyable({ label, value }: { label: string; value: string }): ReactNode {
  const [outcome, setOutcome] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(value).then(
      () => setOutcome(text('tokens.copied')),
      () => setOutcome(text('tokens.copyRefused')),
    )
  return (
    <Box sx={{ display: 'grid', gap: 1 }}>
      <Box
        component="code"
        sx={{ p: 1.5, borderRadius: 1, bgcolor: 'action.hover', overflowWrap: 'anywhere', userSelect: 'all' }}
      >
        {value}
      </Box>
      <Box sx={{ display: 'flex', gap: 2, alignItems: 'center' }}>
        <Button size="small" variant="outlined" startIcon={<CopyIcon />} onClick={copy}>
          {label}
        </Button>
        <Typography variant="body2" role="status">
          {outcome}
        </Typography>
      </Box>
    </Box>
  )
}
