import { CircularProgress } from '@mui/material'
import { type ComponentProps, type ComponentType, type ReactNode, useEffect, useState } from 'react'
import { hasWork } from './work/unsaved'

// biome-ignore lint/suspicious/noExplicitAny: as React says what may be lazy.
type Page = ComponentType<any>

/**
 * A page that is loaded when it is first shown. Where a newer version has replaced its file on the server, the whole site is loaded
 * anew instead, unless work would be lost. React's `lazy` holds a page back for 300 ms when it was waited for.
 */
export function lazyPage<File, Name extends keyof File>(
  load: () => Promise<File>,
  name: Name,
  waiting: ReactNode = <CircularProgress sx={{ m: 4 }} />,
): (properties: ComponentProps<File[Name] & Page>) => ReactNode {
  let known: Page | undefined
  const find = async () => {
    const file = await load().catch(async (error: unknown) => {
      if (hasWork() || !(await isReplaced())) throw error
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
    return Found ? <Found {...properties} /> : waiting
  }
}

/** Whether the server has another version by now: its page then names another script, and so this never goes round in circles. */
async function isReplaced(): Promise<boolean> {
  const script = document.querySelector('script[src]')!.getAttribute('src')!
  const response = await fetch(location.pathname, { cache: 'no-store' }).catch(() => undefined)
  return response?.ok === true && !(await response.text()).includes(script)
}
