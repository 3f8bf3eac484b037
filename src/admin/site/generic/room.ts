import { type RefCallback, useCallback, useLayoutEffect, useRef, useState } from 'react'

/** Pixels that a browser may round. */
const ROUNDED = 1

/**
 * Whether a table has the room that it needs. One that is wider than its place would be cut, at any width of a window and any
 * zoom: it is shown in another form until its place is as wide as the table was.
 * @param table selects what scrolls sideways where it is too wide
 */
export function useRoom(table: string): { place: RefCallback<HTMLElement>; isRoomy: boolean } {
  const current = useRef<HTMLElement>(null)
  const [needed, setNeeded] = useState(0)
  const [width, setWidth] = useState(Number.POSITIVE_INFINITY)
  const place = useCallback((element: HTMLElement | null) => {
    current.current = element
    if (!element) return
    const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width))
    observer.observe(element)
    return () => observer.disconnect()
  }, [])
  // After each change of what is shown: another page has longer texts.
  useLayoutEffect(() => {
    const scrolled = current.current?.querySelector(table)
    if (scrolled && scrolled.scrollWidth > scrolled.clientWidth + ROUNDED) setNeeded(scrolled.scrollWidth)
  })
  return { place, isRoomy: width >= needed }
}
