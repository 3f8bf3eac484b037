import { Alert, Button, CssBaseline, createTheme, ThemeProvider, Typography, useMediaQuery } from '@mui/material'
import { type ReactNode, useEffect, useState } from 'react'
import { Account } from './account/account'
import { call } from './api'
import { endSession, forgetAndShow, resume, useSession } from './auth'
import { BASE } from './base'
import { read } from './document'
import { Narrow } from './narrow'
import { PasswordLink, Setup } from './setup'
import { dark, light } from './theme'
import { text } from './words/words'

const ACCOUNT = `${BASE}/account/`

type Notice = 'led' | 'set'

/**
 * Both sites. The path says which. Users who are not staff are taken to their own account. The API allows the same on both.
 * @param link the secret of the link that was opened, for the first start or for setting a password
 */
export function Page({ link }: { link: { setup: string | null; password: string | null } }): ReactNode {
  const [{ setup, password }, setLink] = useState(link)
  const [isAccount, setAccount] = useState(location.pathname === ACCOUNT)
  const [notice, setNotice] = useState<Notice>()
  const [site, setSite] = useState<ReactNode>()
  const [isReady, setReady] = useState(false)
  const [isAway, setAway] = useState(false)
  const session = useSession()

  useEffect(() => {
    Promise.all([isAccount ? undefined : adminSite(), resume()])
      .then(([loaded]) => {
        setSite(loaded)
        setReady(true)
      })
      .catch(() => setAway(true))
  }, [])
  useEffect(() => {
    if (isAccount || !session || session.user.is_staff) return
    history.replaceState(null, '', ACCOUNT)
    setNotice('led')
    setAccount(true)
  }, [isAccount, session])

  const withoutLink = () => setLink({ setup: null, password: null })
  if (setup) return <Themed children={<Setup secret={setup} onDone={withoutLink} />} />
  if (password)
    return (
      <Themed>
        <PasswordLink
          secret={password}
          onSet={() => {
            // Somebody else may be signed in here.
            if (session) void endSession().then(forgetAndShow)
            setNotice('set')
            withoutLink()
          }}
          onDone={withoutLink}
        />
      </Themed>
    )
  if (isAway)
    return (
      <Themed>
        <Narrow title={text('signIn.notReachable')}>
          <Alert severity="warning">{text('shared.away')}</Alert>
          <Button variant="contained" onClick={startAnew}>
            {text('shared.tryAgain')}
          </Button>
        </Narrow>
      </Themed>
    )
  if (isReady && isAccount)
    return (
      <Themed>
        <Account notice={notice} />
      </Themed>
    )
  return site ?? <Waiting />
}

/** @throws if any part could not be loaded */
async function adminSite(): Promise<ReactNode> {
  const [{ Site }, { body }] = await Promise.all([
    import('./site'),
    call<Parameters<typeof read>[0]>('GET', '/openapi.json'),
  ])
  return <Site api={read(body)} />
}

/** Reloads as soon as the server answers. Before that, a browser would show an error page of its own, which says no more. */
function startAnew() {
  call('GET', '/openapi.json').then(
    () => location.reload(),
    () => {},
  )
}

function Waiting() {
  return (
    <Themed>
      <Narrow title={text('signIn.loading')}>
        <Typography role="status">{text('signIn.oneMoment')}</Typography>
      </Narrow>
    </Themed>
  )
}

/** The theme that react-admin chooses for the pages behind. */
function Themed({ children }: { children: ReactNode }) {
  const isDark = useMediaQuery('(prefers-color-scheme: dark)')
  return (
    <ThemeProvider theme={createTheme(isDark ? dark : light)}>
      <CssBaseline />
      {children}
    </ThemeProvider>
  )
}
