import { Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField, Typography } from '@mui/material'
import { type FormEvent, type ReactNode, useState } from 'react'
import { type RaRecord, useNotify, useRefresh } from 'react-admin'
import { call, sentencesOf } from '../api'
import { Problem } from '../problem'
import { text } from '../words/words'

/** Sets the password of another user. This ends all tokens and sessions of that user. */
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
      notify(text('users.passwordIsSet'), { type: 'success' })
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
        {text('users.setPassword')}
      </Button>
      <Dialog open={isOpen} onClose={() => setOpen(false)} aria-labelledby="password-title">
        <form onSubmit={submit}>
          <DialogTitle id="password-title">{text('users.setPasswordOf', { username: user.username })}</DialogTitle>
          <DialogContent sx={{ display: 'grid', gap: 2 }}>
            <Typography>{text('users.setPasswordHelp')}</Typography>
            <TextField
              name="password"
              label={text('signIn.newPassword')}
              type="password"
              autoComplete="new-password"
              required
              autoFocus
              error={Boolean(problems.password)}
              helperText={problems.password ?? text('signIn.passwordRules')}
            />
            <Problem sentence={problems.root} />
          </DialogContent>
          <DialogActions>
            <Button onClick={() => setOpen(false)}>{text('shared.cancel')}</Button>
            <Button type="submit" variant="contained" disabled={isBusy}>
              {text('users.setPassword')}
            </Button>
          </DialogActions>
        </form>
      </Dialog>
    </>
  )
}
