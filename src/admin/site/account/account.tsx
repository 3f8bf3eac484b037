import { Alert, AppBar, Box, Button, Container, Toolbar, Typography } from '@mui/material'
import { QueryClient, QueryClientProvider } from '@tanstack/react-query'
import { type ReactNode, useEffect, useState } from 'react'
import { createHashRouter, Navigate, NavLink, Outlet, RouterProvider } from 'react-router-dom'
import { ENDED, sentenceOf } from '../api'
import { endSession, forgetAndShow, signIn, useSession } from '../auth'
import { BASE } from '../base'
import { SignInPage } from '../sign-in'
import { LanguageChoice } from '../words/choice'
import { text } from '../words/words'
import { LeaveDialog } from '../work/leave-guard'
import { SessionDialog } from '../work/session-dialog'
import { askToLeave } from '../work/unsaved'
import { NewToken } from './new-token'
import { Notices, useTell } from './notices'
import { OwnPassword } from './password'
import { OwnSessions } from './sessions'
import { OwnTokens } from './tokens'

const queryClient = new QueryClient({ defaultOptions: { queries: { retry: false, networkMode: 'always' } } })

const router = createHashRouter([
  {
    element: <Frame />,
    children: [
      { path: '/', element: <OwnTokens /> },
      { path: '/new', element: <NewToken /> },
      { path: '/sessions', element: <OwnSessions /> },
      { path: '/password', element: <OwnPassword /> },
      { path: '*', element: <Navigate to="/" replace /> },
    ],
  },
])

/**
 * The page where users keep their own tokens, sessions and password.
 * @param notice why the user is here
 */
export function Account({ notice }: { notice?: 'led' | 'set' }): ReactNode {
  const session = useSession()
  const [hasEnded, setEnded] = useState(false)
  useEffect(() => {
    const hear = () => {
      setEnded(true)
      queryClient.clear()
      forgetAndShow()
    }
    addEventListener(ENDED, hear)
    return () => removeEventListener(ENDED, hear)
  }, [])

  if (!session)
    return (
      <SignInPage
        onSubmit={async (username, password) => {
          await signIn(username, password)
          setEnded(false)
        }}
      >
        {notice === 'set' && <Alert severity="success">{text('signIn.passwordSet')}</Alert>}
        {hasEnded && <Alert severity="info">{text('signIn.ended')}</Alert>}
      </SignInPage>
    )
  return (
    <QueryClientProvider client={queryClient}>
      <Notices first={notice === 'led' ? text('account.led') : undefined}>
        <RouterProvider router={router} />
      </Notices>
    </QueryClientProvider>
  )
}

const PAGES = [
  { to: '/', label: text('account.tokens') },
  { to: '/sessions', label: text('account.sessions') },
  { to: '/password', label: text('account.password') },
]

function Frame() {
  const session = useSession()
  if (!session) return null
  return (
    <>
      <AppBar position="static" color="default" elevation={0} sx={{ borderBottom: 1, borderColor: 'divider' }}>
        <Container maxWidth="md" disableGutters>
          <Toolbar sx={{ flexWrap: 'wrap', gap: 1, py: 1 }}>
            <Typography component="p" sx={{ fontWeight: 700, mr: 'auto' }}>
              <span data-name>Latchkey</span> · <bdi>{session.user.username}</bdi>
            </Typography>
            {session.user.is_staff && (
              <Button component="a" href={`${BASE}/admin/`} color="inherit">
                {text('account.admin')}
              </Button>
            )}
            <Button component="a" href={`${BASE}/docs/`} color="inherit">
              {text('account.docs')}
            </Button>
            <SignOut />
          </Toolbar>
          <Box component="nav" aria-label={text('account.pages')} sx={{ display: 'flex', flexWrap: 'wrap', px: 2 }}>
            {PAGES.map(({ to, label }) => (
              <Button
                key={to}
                component={NavLink}
                to={to}
                end
                color="inherit"
                sx={{ borderRadius: 0, '&.active': { borderBottom: 2, borderColor: 'primary.main', fontWeight: 700 } }}
              >
                {label}
              </Button>
            ))}
          </Box>
        </Container>
      </AppBar>
      <Container
        component="main"
        maxWidth="md"
        sx={{ py: 3, display: 'grid', gap: 2, gridTemplateColumns: 'minmax(0, 1fr)' }}
      >
        <Outlet />
      </Container>
      <Box component="footer" sx={{ textAlign: 'center', pb: 3 }}>
        <LanguageChoice />
      </Box>
      <LeaveDialog />
      <SessionDialog />
    </>
  )
}

/** A user who is told that they are signed out really is. */
function SignOut() {
  const tell = useTell()
  const signOut = async () => {
    if (!(await askToLeave())) return
    try {
      await endSession()
      queryClient.clear()
      await router.navigate('/')
      forgetAndShow()
    } catch (error) {
      tell({
        severity: 'error',
        sentence: `${text('signIn.stillSignedIn')} ${sentenceOf(error)}`,
      })
    }
  }
  return (
    <Button color="inherit" onClick={signOut}>
      {text('signIn.signOut')}
    </Button>
  )
}
