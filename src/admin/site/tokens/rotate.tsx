import RotateIcon from '@mui/icons-material/Autorenew'
import {
  Alert,
  Button,
  Dialog,
  DialogActions,
  DialogContent,
  DialogTitle,
  MenuItem,
  TextField,
  Typography,
} from '@mui/material'
import { type ReactNode, useState } from 'react'
import { useRefresh } from 'react-admin'
import { call, sentencesOf } from '../api'
import type { Token, TokenWithValue } from './types'
import { ValueOnce } from './value'

/** Seconds that the old value may work on beside the new one. */
const OVERLAPS: [seconds: number, label: string][] = [
  [0, 'No time: it ends at once'],
  [3600, '1 hour'],
  [86_400, '1 day'],
  [604_800, '7 days'],
  [2_592_000, '30 days'],
]

/** Gives a token a new value and shows it once. */
export function RotateButton({ token }: { token: Token }): ReactNode {
  const refresh = useRefresh()
  const [isOpen, setOpen] = useState(false)
  const [overlap, setOverlap] = useState(3600)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [value, setValue] = useState<string>()

  const rotate = async () => {
    // A second rotation would end the value that clients still use.
    setBusy(true)
    try {
      const body = { overlap_seconds: overlap }
      const reply = await call<TokenWithValue>('POST', `/api/tokens/${token.id}/rotate`, { body })
      setOpen(false)
      setValue(reply.body.token)
    } catch (error) {
      setProblem(Object.values(sentencesOf(error)).join(' '))
    } finally {
      setBusy(false)
    }
  }
  const done = () => {
    setValue(undefined)
    refresh()
  }

  return (
    <>
      <Button variant="outlined" startIcon={<RotateIcon />} onClick={() => setOpen(true)}>
        Rotate
      </Button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} aria-labelledby="rotate-title">
        <DialogTitle id="rotate-title">Give this token a new value?</DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2 }}>
          <Typography>Whoever uses the old value has so long to change over:</Typography>
          <TextField
            select
            label="The old value works on for"
            value={overlap}
            onChange={(event) => setOverlap(Number(event.target.value))}
          >
            {OVERLAPS.map(([seconds, label]) => (
              <MenuItem key={seconds} value={seconds}>
                {label}
              </MenuItem>
            ))}
          </TextField>
          {problem && <Alert severity="error">{problem}</Alert>}
        </DialogContent>
        <DialogActions>
          <Button onClick={() => setOpen(false)}>Cancel</Button>
          <Button variant="contained" onClick={rotate} disabled={isBusy}>
            Rotate
          </Button>
        </DialogActions>
      </Dialog>
      {value && <ValueOnce value={value} isAccount={token.kind === 'account'} onClose={done} />}
    </>
  )
}
