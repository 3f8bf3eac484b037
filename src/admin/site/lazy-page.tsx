import { CircularProgress } from '@mui/material'
import { type ComponentProps, type ComponentType, type ReactNode, useEffect, useState } from 'react'
import { hasWork } from './work/unsaved'

// biome-ignore lint/suspicious/noExplicitAny: as React says what may be lazy.
type Page = ComponentType<any>

/**
 * A page that is loaded when it is first shown. If a newer version has replaced its file on the server, or the file could not be
 * loaded before (which a browser remembers), the whole site is reloaded, unless work would be lost. React's `lazy` would delay a
 * page for 300 ms after waiting for it.
 */
export function lazyPage<File, Name extends keyof File>(
  load: () => Promise<File>,
  name: Name,
): (properties: ComponentProps<File[Name] & Page>) => ReactNode {
  let known: Page | undefined
  let hasFailed = false
  const find = async () => {
    const file = await load().catch(async (error: unknown) => {
      const page = await pageOnServer()
      // Neither reloads for ever: the new page has another script, or nothing has failed yet.
      const isBetterAnew = page !== undefined && (hasFailed || !page.includes(ownScript()))
      hasFailed = true
      if (hasWork() || !isBetterAnew) throw error
      location.reload()
      return new Promise<never>(() => {})
    })
    known = file[name] as Page
  }
  return function LazyPage(properties) {
    const [Found, setFound] = useState(() => known)
    const [failure, setFailure] = useState<unknown>()
    useEffect(() => {
      if (!Found) find().then(() => setFound(() => known), setFailure)
    }, [Found])
    if (failure) throw failure
    return Found ? <Found {...properties} /> : <CircularProgress sx={{ m: 4 }} />
  }
}

function ownScript(): string {
  return document.querySelector('script[src]')!.getAttribute('src')!
}

async function pageOnServer(): Promise<string | undefined> {
  const response = await fetch(location.pathname, { cache: 'no-store' }).catch(() => undefined)
  return response?.ok ? response.text() : undefined
}
