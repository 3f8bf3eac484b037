import type { ReactNode } from 'react'
import { text } from '../words/words'
import { Moment } from './moment'

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/

/**
 * A value of the API in words, for a line of text. It is isolated, so that its direction marks do not move anything around it.
 */
export function Shown({ value }: { value: unknown }): ReactNode {
  if (typeof value === 'string' && TIME.test(value)) return <Moment at={value} />
  return <bdi>{wordsOf(value)}</bdi>
}

function wordsOf(value: unknown): string {
  if (value === null || value === '') return text('history.empty')
  if (typeof value === 'boolean') return text(value ? 'history.yes' : 'history.no')
  if (Array.isArray(value)) return value.length === 0 ? text('history.empty') : value.map(wordsOf).join(', ')
  if (typeof value === 'object')
    return Object.entries(value)
      .map(([name, each]) => `${name} ${wordsOf(each)}`)
      .join(', ')
  return String(value)
}
