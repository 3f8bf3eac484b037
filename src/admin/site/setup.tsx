import { Alert, Box, Button, TextField, Typography } from '@mui/material'
import { type FormEvent, type ReactNode, useState } from 'react'
import { call, sentencesOf } from './api'
import { signIn } from './auth'
import { Narrow } from './sign-in'

/**
 * Makes the first superuser and signs in as it.
 * @param secret of the one-time link of the first start
 */
export function Setup({ secret, onDone }: { secret: string; onDone: () => void }): ReactNode {
  const [problems, setProblems] = useState<Record<string, string>>({})
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { username, password } = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>
    setBusy(true)
    setProblems({})
    try {
      await call('POST', '/api/setup', { body: { secret, username, password } })
      await signIn(username!, password!)
      onDone()
    } catch (error) {
      setProblems(sentencesOf(error))
      setBusy(false)
    }
  }

  const general = problems.secret ?? problems.root
  return (
    <Narrow title="Make the first superuser">
      <Typography color="text.secondary">There is none yet. A superuser may do everything.</Typography>
      <Box component="form" onSubmit={submit} sx={{ display: 'grid', gap: 2 }}>
        <TextField
          name="username"
          label="Username"
          autoComplete="username"
          autoFocus
          required
          error={Boolean(problems.username)}
          helperText={problems.username}
        />
        <TextField
          name="password"
          label="Password"
          type="password"
          autoComplete="new-password"
          required
          error={Boolean(problems.password)}
          helperText={problems.password ?? 'At least 8 characters, not among the commonest, not the username.'}
        />
        {general && <Alert severity="error">{general}</Alert>}
        <Button type="submit" variant="contained" size="large" disabled={isBusy}>
          {isBusy ? 'Making it…' : 'Make superuser and sign in'}
        </Button>
      </Box>
    </Narrow>
  )
}
