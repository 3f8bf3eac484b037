import { Alert, Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField, Typography } from '@mui/material'
import { type FormEvent, type ReactNode, useState } from 'react'
import { type RaRecord, useNotify, useRefresh } from 'react-admin'
import { call, sentencesOf } from '../api'

/** Sets the password of another user, which ends everything that the old one gave away. */
export function SetPassword({ user }: { user: RaRecord }): ReactNode {
  const notify = useNotify()
  const refresh = useRefresh()
  const [isOpen, setOpen] = useState(false)
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { password } = Object.fromEntries(new FormData(event.currentTarget))
    setBusy(true)
    try {
      await call('PUT', `/api/users/${user.id}/password`, { body: { password } })
      setOpen(false)
      notify('The password is set.', { type: 'success' })
      refresh()
    } catch (error) {
      setProblems(sentencesOf(error))
    } finally {
      setBusy(false)
    }
  }

  return (
    <>
      <Button
        variant="outlined"
        onClick={() => {
          setProblems({})
          setOpen(true)
        }}
      >
        Set password
      </Button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} aria-labelledby="password-title">
        <form onSubmit={submit}>
          <DialogTitle id="password-title">Set the password of {user.username}</DialogTitle>
          <DialogContent sx={{ display: 'grid', gap: 2 }}>
            <Typography>This ends every token and every session of this user.</Typography>
            <TextField
              name="password"
              label="New password"
              type="password"
              autoComplete="new-password"
              required
              autoFocus
              error={Boolean(problems.password)}
              helperText={problems.password ?? 'At least 8 characters, not among the commonest, not the username.'}
            />
            {problems.root && <Alert severity="error">{problems.root}</Alert>}
          </DialogContent>
          <DialogActions>
            <Button onClick={() => setOpen(false)}>Cancel</Button>
            <Button type="submit" variant="contained" disabled={isBusy}>
              Set password
            </Button>
          </DialogActions>
        </form>
      </Dialog>
    </>
  )
}
