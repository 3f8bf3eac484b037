import { type ComponentType, type LazyExoticComponent, lazy } from 'react'
import { hasWork } from './work/unsaved'

/**
 * A page that is loaded when it is first shown. Where a newer version has replaced its file on the server, the whole site is loaded
 * anew instead, unless work would be lost.
 */
export function lazyPage<File, Name extends keyof File>(
  load: () => Promise<File>,
  name: Name,
  // biome-ignore lint/suspicious/noExplicitAny: as React says what may be lazy.
): LazyExoticComponent<File[Name] & ComponentType<any>> {
  return lazy(async () => {
    const file = await load().catch(async (error: unknown) => {
      if (hasWork() || !(await isReplaced())) throw error
      location.reload()
      return new Promise<never>(() => {})
    })
    // biome-ignore lint/suspicious/noExplicitAny: the same.
    return { default: file[name] as File[Name] & ComponentType<any> }
  })
}

/** Whether the server has another version by now: its page then names another script, and so this never goes round in circles. */
async function isReplaced(): Promise<boolean> {
  const script = document.querySelector('script[src]')!.getAttribute('src')!
  const response = await fetch(location.pathname, { cache: 'no-store' }).catch(() => undefined)
  return response?.ok === true && !(await response.text()).includes(script)
}
