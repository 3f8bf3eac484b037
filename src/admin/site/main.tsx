import { Alert, Button, CssBaseline, createTheme, ThemeProvider, Typography, useMediaQuery } from '@mui/material'
import { type ReactNode, StrictMode, useEffect, useState } from 'react'
import { createRoot } from 'react-dom/client'
import { AWAY, call } from './api'
import { followOtherTabs, resume } from './auth'
import { type ApiDocument, read } from './document'
import { Setup } from './setup'
import { Narrow } from './sign-in'
import { Site } from './site'
import { dark, light } from './theme'

// The secret stands in the fragment, which no server and no Referer ever sees; it leaves the address bar at once.
const secretOfLink = new URLSearchParams(location.hash.slice(1)).get('setup')
if (secretOfLink) history.replaceState(null, '', location.pathname)

followOtherTabs()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page />
  </StrictMode>,
)

function Page(): ReactNode {
  const [secret, setSecret] = useState(secretOfLink)
  const [api, setApi] = useState<ApiDocument>()
  const [isAway, setAway] = useState(false)

  const load = () => {
    setAway(false)
    Promise.all([call<Parameters<typeof read>[0]>('GET', '/openapi.json'), resume()])
      .then(([{ body }]) => setApi(read(body)))
      .catch(() => setAway(true))
  }
  useEffect(load, [])

  if (api && !secret) return <Site api={api} />
  return (
    <Themed>
      {secret ? (
        <Setup secret={secret} onDone={() => setSecret(null)} />
      ) : isAway ? (
        <Narrow title="Not reachable">
          <Alert severity="warning">{AWAY}</Alert>
          <Button variant="contained" onClick={load}>
            Try again
          </Button>
        </Narrow>
      ) : (
        <Narrow title="Loading">
          <Typography role="status">One moment…</Typography>
        </Narrow>
      )}
    </Themed>
  )
}

/** As react-admin chooses it for the pages behind. */
function Themed({ children }: { children: ReactNode }) {
  const isDark = useMediaQuery('(prefers-color-scheme: dark)')
  return (
    <ThemeProvider theme={createTheme(isDark ? dark : light)}>
      <CssBaseline />
      {children}
    </ThemeProvider>
  )
}
