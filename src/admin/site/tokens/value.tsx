import CopyIcon from '@mui/icons-material/ContentCopy'
import { Alert, Box, Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from '@mui/material'
import { type ReactNode, useState } from 'react'

/** Shows a value once, to be copied, with a line that tries it. It is nowhere else on this site. */
export function ValueOnce({
  value,
  isAccount,
  onClose,
}: {
  value: string
  isAccount: boolean
  onClose: () => void
}): ReactNode {
  return (
    <Dialog open fullWidth maxWidth="sm" aria-labelledby="value-title" disableEscapeKeyDown>
      <DialogTitle id="value-title">The token</DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2 }}>
        <Alert severity="info">
          {isAccount
            ? 'Copy it now. Here it is shown once; its user also gets it with POST /gettoken/.'
            : 'Copy it now: it is shown once and cannot be read again.'}
        </Alert>
        <Copyable label="Copy token" text={value} />
        <Typography variant="body2">Try it in a terminal:</Typography>
        <Copyable label="Copy command" text={`curl ${location.origin}/api/ -H 'Authorization: Token ${value}'`} />
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={onClose}>
          Done
        </Button>
      </DialogActions>
    </Dialog>
  )
}

function Copyable({ label, text }: { label: string; text: string }) {
  const [outcome, setOutcome] = useState('')
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setOutcome('Copied.'),
      () => setOutcome('The browser does not allow it: select the text and copy it.'),
    )
  return (
    <Box sx={{ display: 'grid', gap: 1 }}>
      <Box
        component="code"
        sx={{ p: 1.5, borderRadius: 1, bgcolor: 'action.hover', overflowWrap: 'anywhere', userSelect: 'all' }}
      >
        {text}
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
