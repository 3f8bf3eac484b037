import type { Page } from 'playwright-core'

/** Everything that a page leaves where a later visitor, a script or a log could read it. */
export function storage(page: Page): Promise<string> {
  return page.evaluate('JSON.stringify([localStorage, sessionStorage, history.state, location.href, document.cookie])')
}
