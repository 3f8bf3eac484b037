import { Button, Dialog, DialogActions, DialogContent, DialogTitle, TextField, Typography } from '@mui/material'
import { type FormEvent, type ReactNode, useId, useState, useSyncExternalStore } from 'react'
import { sentenceOf } from '../api'
import { forget, signInAgain, useSession } from '../auth'
import { Problem } from '../problem'
import { text } from '../words/words'
import { currentInterruption, endInterruption, onInterruption } from './interruption'
import { dropWork } from './unsaved'

/** Asks for the password if a session ends while somebody works. The work stays, and requests are sent again. */
export function SessionDialog(): ReactNode {
  const cause = useSyncExternalStore(onInterruption, currentInterruption)
  const session = useSession()
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  const id = useId()
  const username = session?.user.username ?? ''

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    // The form below must not be submitted with it.
    event.preventDefault()
    event.stopPropagation()
    const password = String(new FormData(event.currentTarget).get('password'))
    setBusy(true)
    setProblem(undefined)
    try {
      await signInAgain(password)
      endInterruption()
    } catch (error) {
      setProblem(sentenceOf(error))
    } finally {
      setBusy(false)
    }
  }
  const beAnother = () => {
    dropWork()
    if (cause === 'ended') forget()
    location.reload()
  }

  return (
    <Dialog open={cause !== undefined} fullWidth maxWidth="xs" aria-labelledby={id} aria-describedby={`${id}why`}>
      <form onSubmit={submit}>
        <DialogTitle id={id}>{text('signIn.again')}</DialogTitle>
        <DialogContent sx={{ display: 'grid', gap: 2 }}>
          <Typography id={`${id}why`}>
            {text(cause === 'elsewhere' ? 'signIn.elsewhereHelp' : 'signIn.endedHelp')}
          </Typography>
          <TextField
            label={text('signIn.username')}
            name="username"
            autoComplete="username"
            value={username}
            slotProps={{ input: { readOnly: true } }}
          />
          <TextField
            label={text('signIn.password')}
            name="password"
            type="password"
            autoComplete="current-password"
            required
            autoFocus
          />
          <Problem sentence={problem} />
          <Typography variant="body2" color="text.secondary">
            {text(cause === 'elsewhere' ? 'signIn.dropForOther' : 'signIn.dropHelp', { username })}
          </Typography>
        </DialogContent>
        <DialogActions sx={{ flexWrap: 'wrap' }}>
          <Button color="error" onClick={beAnother}>
            {text('signIn.drop')}
          </Button>
          <Button type="submit" variant="contained" disabled={isBusy}>
            {text(isBusy ? 'signIn.signingIn' : 'signIn.goOn')}
          </Button>
        </DialogActions>
      </form>
    </Dialog>
  )
}
