import RotateIcon from '@mui/icons-material/Autorenew'
import {
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
import { call, sentenceOf } from '../api'
import { Problem } from '../problem'
import { text } from '../words/words'
import { useLeaveGuard } from '../work/leave-guard'
import type { Token, TokenWithValue } from './types'
import { ValueOnce } from './value'

/** Seconds for which the old value may keep working. */
const OVERLAPS: [seconds: number, label: string][] = [
  [0, text('tokens.rotateNone')],
  [3600, text('tokens.hours', { smart_count: 1 })],
  [86_400, text('tokens.days', { smart_count: 1 })],
  [604_800, text('tokens.days', { smart_count: 7 })],
  [2_592_000, text('tokens.days', { smart_count: 30 })],
]

/** Gives a token a new value and shows it once. */
export function RotateButton({ token }: { token: Token }): ReactNode {
  const refresh = useRefresh()
  const [isOpen, setOpen] = useState(false)
  const [overlap, setOverlap] = useState(3600)
  const [isBusy, setBusy] = useState(false)
  const [problem, setProblem] = useState<string>()
  const [value, setValue] = useState<string>()
  // A user who left now would never see the new value.
  useLeaveGuard({ isUnsaved: isBusy, isBusy })

  const rotate = async () => {
    // A second rotation would end the value that clients still use.
    setBusy(true)
    try {
      const body = { overlap_seconds: overlap }
      const reply = await call<TokenWithValue>('POST', `/api/tokens/${token.id}/rotate`, { body })
      setOpen(false)
      setValue(reply.body.token)
    } catch (error) {
      setProblem(sentenceOf(error))
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
        {text('tokens.rotate')}
      </Button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} aria-labelledby="rotate-title">
        <DialogTitle id="rotate-title">{text('tokens.rotateQuestion')}</DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2 }}>
          <Typography>{text('tokens.rotateHelp')}</Typography>
          <TextField
            select
            label={text('tokens.rotateOverlap')}
            value={overlap}
            onChange={(event) => setOverlap(Number(event.target.value))}
          >
            {OVERLAPS.map(([seconds, label]) => (
              <MenuItem key={seconds} value={seconds}>
                {label}
              </MenuItem>
            ))}
          </TextField>
          <Problem sentence={problem} />
        </DialogContent>
        <DialogActions>
          <Button onClick={() => setOpen(false)}>{text('shared.cancel')}</Button>
          <Button variant="contained" onClick={rotate} disabled={isBusy}>
            {text('tokens.rotate')}
          </Button>
        </DialogActions>
      </Dialog>
      {value && <ValueOnce value={value} isAccount={token.kind === 'account'} onClose={done} />}
    </>
  )
}
