import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, Typography } from '@mui/material'
import type { ReactNode } from 'react'
import { BASE } from '../base'
import { Copyable } from '../copyable'
import { text } from '../words/words'
import { SHOWN_ONCE, useLeaveGuard } from '../work/leave-guard'

/** Shows a value once, to be copied, with a command that tries it. No other place on this site has it. */
export function ValueOnce({
  value,
  isAccount,
  onClose,
}: {
  value: string
  isAccount: boolean
  onClose: () => void
}): ReactNode {
  useLeaveGuard({ isUnsaved: true, words: SHOWN_ONCE })
  return (
    <Dialog open fullWidth maxWidth="sm" aria-labelledby="value-title" disableEscapeKeyDown>
      <DialogTitle id="value-title">{text('tokens.valueTitle')}</DialogTitle>
      <DialogContent sx={{ display: 'grid', gap: 2 }}>
        <Alert severity="info">{text(isAccount ? 'tokens.valueAccount' : 'tokens.valueOnce')}</Alert>
        <Copyable label={text('tokens.copyToken')} value={value} />
        <Typography variant="body2">{text('tokens.tryIt')}</Typography>
        <Copyable
          label={text('tokens.copyCommand')}
          value={`curl ${location.origin}${BASE}/api/ -H 'Authorization: Token ${value}'`}
        />
      </DialogContent>
      <DialogActions>
        <Button variant="contained" onClick={onClose}>
          {text('tokens.done')}
        </Button>
      </DialogActions>
    </Dialog>
  )
}
