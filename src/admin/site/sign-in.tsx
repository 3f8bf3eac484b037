import { Box, Button, TextField } from '@mui/material'
import { type FormEvent, type ReactNode, useState } from 'react'
import { useLogin } from 'react-admin'
import { useLocation } from 'react-router-dom'
import { sentenceOf } from './api'
import { Narrow } from './narrow'
import { Problem } from './problem'
import { text } from './words/words'

/** The sign-in of the admin site. It leads back to the page that was requested. */
export function SignIn(): ReactNode {
  const login = useLogin()
  const { state } = useLocation()
  return (
    <SignInPage
      onSubmit={(username, password) =>
        login({ username, password }, ownPath(state?.nextPathname, state?.nextSearch)) as Promise<void>
      }
    />
  )
}

/** Username and password. */
export function SignInPage({
  onSubmit,
  children,
}: {
  /** An error that it throws is shown. */
  onSubmit: (username: string, password: string) => Promise<void>
  /** Shown above the form. */
  children?: ReactNode
}): ReactNode {
  const [problem, setProblem] = useState<string>()
  const [isBusy, setBusy] = useState(false)

  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault()
    const { username, password } = Object.fromEntries(new FormData(event.currentTarget)) as Record<string, string>
    setBusy(true)
    setProblem(undefined)
    try {
      await onSubmit(username!, password!)
    } catch (error) {
      setProblem(sentenceOf(error))
      setBusy(false)
    }
  }

  return (
    <Narrow title={text('signIn.title')}>
      {children}
      <Box component="form" onSubmit={submit} sx={{ display: 'grid', gap: 2 }}>
        <TextField name="username" label={text('signIn.username')} autoComplete="username" autoFocus required />
        <TextField
          name="password"
          label={text('signIn.password')}
          type="password"
          autoComplete="current-password"
          required
        />
        <Problem sentence={problem} />
        <Button type="submit" variant="contained" size="large" disabled={isBusy}>
          {text(isBusy ? 'signIn.signingIn' : 'signIn.title')}
        </Button>
      </Box>
    </Narrow>
  )
}

/**
 * Only accepts a page of this site, which the router remembers in memory for this entry of the history. No parameter of an
 * address says where to go, and a path that a browser could read as another host is refused.
 */
function ownPath(path: unknown, search: unknown) {
  if (typeof path !== 'string' || !/^\/(?![/\\])/.test(path) || path === '/login') return '/'
  return path + (typeof search === 'string' ? search : '')
}
