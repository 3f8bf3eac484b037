import { type RefCallback, useCallback, useState } from 'react'

/** How many pixels a browser may round off. */
const ROUNDED = 1

/**
 * Whether a table has the room that it needs. A table that is wider than its place would be cut off, at any window width and
 * zoom. It is then shown in another form until its place is as wide as the table was.
 * @param table selects the element that scrolls sideways if it is too wide
 */
export function useRoom(table: string): { place: RefCallback<HTMLElement>; isRoomy: boolean } {
  const [needed, setNeeded] = useState(0)
  const [width, setWidth] = useState(Number.POSITIVE_INFINITY)
  const place = useCallback(
    (element: HTMLElement | null) => {
      if (!element) return
      const measure = () => {
        setWidth(element.clientWidth)
        const scrolled = element.querySelector(table)
        if (scrolled && scrolled.scrollWidth > scrolled.clientWidth + ROUNDED) setNeeded(scrolled.scrollWidth)
      }
      const sizes = new ResizeObserver(measure)
      sizes.observe(element)
      measure()
      // Another page of rows may have longer texts.
      const rows = new MutationObserver(measure)
      rows.observe(element, { childList: true, subtree: true, characterData: true })
      return () => {
        sizes.disconnect()
        rows.disconnect()
      }
    },
    [table],
  )
  return { place, isRoomy: width >= needed }
}
