import { type RefObject, useLayoutEffect, useRef, useState } from 'react'

/** Pixels that a browser may round. */
const ROUNDED = 1

/**
 * Whether a table has the room that it needs. One that is wider than its place would be cut, at any width of a window and any
 * zoom: it is shown in another form until its place is as wide as the table was.
 * @param table selects what scrolls sideways where it is too wide
 */
export function useRoom(table: string): { place: RefObject<HTMLDivElement | null>; isRoomy: boolean } {
  const place = useRef<HTMLDivElement>(null)
  const [needed, setNeeded] = useState(0)
  const [width, setWidth] = useState(Number.POSITIVE_INFINITY)
  // After each change of what is shown: another page has longer texts.
  useLayoutEffect(() => {
    const scrolled = place.current?.querySelector(table)
    if (scrolled && scrolled.scrollWidth > scrolled.clientWidth + ROUNDED) setNeeded(scrolled.scrollWidth)
  })
  useLayoutEffect(() => {
    if (!place.current) return
    const observer = new ResizeObserver(([entry]) => setWidth(entry!.contentRect.width))
    observer.observe(place.current)
    return () => observer.disconnect()
  }, [])
  return { place, isRoomy: width >= needed }
}
