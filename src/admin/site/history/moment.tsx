import type { ReactNode } from 'react'

/** A time to the second and with the zone, because users compare it with other logs. */
export function Moment({ at }: { at: string }): ReactNode {
  const date = new Date(at)
  return (
    <time dateTime={at} title={date.toISOString()}>
      <Part>{date.toLocaleDateString(undefined, { dateStyle: 'medium' })}</Part>{' '}
      <Part>{date.toLocaleTimeString(undefined, { timeStyle: 'long' })}</Part>
    </time>
  )
}

function Part({ children }: { children: string }) {
  return <span style={{ whiteSpace: 'nowrap' }}>{children}</span>
}
