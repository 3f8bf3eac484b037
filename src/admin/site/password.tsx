import { Alert, Box, Button, Card, CardContent, Checkbox, FormControlLabel, TextField, Typography } from '@mui/material'
import { type FormEvent, type ReactNode, useState } from 'react'
import { Title, useNotify } from 'react-admin'
import { call, sentencesOf } from './api'
import { currentSession } from './auth'
import { PageTitle } from './page-title'

/** One's own password; the session goes on under a new value. */
export function PasswordPage(): ReactNode {
  const notify = useNotify()
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const form = event.currentTarget
    const { current, password, repeated, keep } = Object.fromEntries(new FormData(form))
    if (password !== repeated) return setProblems({ repeated: 'The two are not the same.' })
    setProblems({})
    setBusy(true)
    try {
      const body = { current_password: current, password, keep_personal_tokens: keep === 'on' }
      await call('PUT', `/api/users/${currentSession().user.id}/password`, { body })
      form.reset()
      notify('Your password is changed.', { type: 'success' })
    } catch (error) {
      setProblems(sentencesOf(error))
    } finally {
      setBusy(false)
    }
  }

  const input = (name: string, label: string, autoComplete: string, help?: string, field = name) => (
    <TextField
      name={name}
      label={label}
      type="password"
      autoComplete={autoComplete}
      required
      error={Boolean(problems[field])}
      helperText={problems[field] ?? help}
    />
  )
  return (
    <Card sx={{ maxWidth: 520, mt: 2 }}>
      <Title title={<PageTitle text="Change password" />} />
      <CardContent component="form" onSubmit={submit} sx={{ display: 'grid', gap: 2 }}>
        <Typography>
          This ends your other sessions and your account token: <code>POST /gettoken/</code> gives a new one.
        </Typography>
        {input('current', 'Current password', 'current-password', undefined, 'current_password')}
        {input(
          'password',
          'New password',
          'new-password',
          'At least 8 characters, not among the commonest, not the username.',
        )}
        {input('repeated', 'New password again', 'new-password')}
        <FormControlLabel control={<Checkbox name="keep" />} label="Keep my personal tokens working" />
        {problems.root && <Alert severity="error">{problems.root}</Alert>}
        <Box>
          <Button type="submit" variant="contained" disabled={isBusy}>
            Change password
          </Button>
        </Box>
      </CardContent>
    </Card>
  )
}
