import { Alert, Box, Button, Card, CardContent, TextField, Typography } from '@mui/material'
import { type FormEvent, type ReactNode, useEffect, useState } from 'react'
import { useLogin } from 'react-admin'
import { useLocation } from 'react-router-dom'
import { sentencesOf } from './api'

/** Username and password; staff only. */
export function SignIn(): ReactNode {
  const login = useLogin()
  const { state } = useLocation()
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)
  useEffect(() => {
    document.title = 'Sign in · Latchkey'
  }, [])

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const credentials = Object.fromEntries(new FormData(event.currentTarget))
    setBusy(true)
    setProblem(undefined)
    try {
      await login(credentials, ownPath(state?.nextPathname, state?.nextSearch))
    } catch (error) {
      setProblem(Object.values(sentencesOf(error)).join(' '))
      setBusy(false)
    }
  }

  return (
    <Narrow title="Sign in">
      <Box component="form" onSubmit={submit} sx={{ display: 'grid', gap: 2 }}>
        <TextField name="username" label="Username" autoComplete="username" autoFocus required />
        <TextField name="password" label="Password" type="password" autoComplete="current-password" required />
        {problem && <Alert severity="error">{problem}</Alert>}
        <Button type="submit" variant="contained" size="large" disabled={isBusy}>
          {isBusy ? 'Signing in…' : 'Sign in'}
        </Button>
      </Box>
    </Narrow>
  )
}

/** A page of one small form. */
export function Narrow({ title, children }: { title: string; children: ReactNode }): ReactNode {
  return (
    <Box component="main" sx={{ minHeight: '100vh', display: 'grid', placeItems: 'center', p: 2 }}>
      <Card variant="outlined" sx={{ width: '100%', maxWidth: 400 }}>
        <CardContent sx={{ display: 'grid', gap: 2, p: 3 }}>
          <Typography variant="overline" component="p" color="text.secondary">
            Latchkey
          </Typography>
          <Typography variant="h5" component="h1">
            {title}
          </Typography>
          {children}
        </CardContent>
      </Card>
    </Box>
  )
}

/** Only a path of this site: it comes from the address bar. */
function ownPath(path: unknown, search: unknown) {
  if (typeof path !== 'string' || !/^\/(?![/\\])/.test(path) || path === '/login') return '/'
  return path + (typeof search === 'string' ? search : '')
}
