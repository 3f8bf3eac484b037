import { Alert, Button, CssBaseline, createTheme, ThemeProvider, Typography, useMediaQuery } from '@mui/material'
import { type ReactNode, useEffect, useState } from 'react'
import { call } from './api'
import { resume } from './auth'
import { type ApiDocument, read } from './document'
import { Setup } from './setup'
import { Narrow } from './sign-in'
import { Site } from './site'
import { dark, light } from './theme'
import { text } from './words/words'

/** @param secretOfLink the secret of the setup link that was opened */
export function Page({ secretOfLink }: { secretOfLink: string | null }): ReactNode {
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
          <Alert severity="warning">{text('shared.away')}</Alert>
          <Button variant="contained" onClick={load}>
            {text('shared.tryAgain')}
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
