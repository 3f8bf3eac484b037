import type { ReactNode } from 'react'

/** To the second and with the zone, because what happened is compared with logs of elsewhere. */
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
