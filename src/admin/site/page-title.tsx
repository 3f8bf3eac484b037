import { type ReactNode, useEffect } from 'react'

/** The title of a page, on the page and in the browser's tab and bookmarks. */
export function PageTitle({ text }: { text: string }): ReactNode {
  useEffect(() => {
    document.title = `${text} · Latchkey`
  }, [text])
  return <span>{text}</span>
}
