import { type ReactNode, useEffect } from 'react'

/** The title of a page, on the page and in the browser's tab and bookmarks. */
export function PageTitle({ text }: { text: string }): ReactNode {
  useTabTitle(text)
  return <span>{text}</span>
}

/** The same for a page that shows its title itself. */
export function useTabTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} · Latchkey`
  }, [title])
}
