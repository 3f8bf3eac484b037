import { hasKey, isMark } from '../platform/keys.js'
import { type Event, isEndSigned, linkOf } from './event.js'

type Row = Pick<Event, 'link' | 'keyId' | 'mark'> & Parameters<typeof linkOf>[1]

export interface Problem {
  id: number
  reason: string
}

/** The most problems that are kept. The first is always among them. */
const MOST = 100

/** The most doubtful rows from which another row may continue. Each costs a hash for every row that follows. */
const WINDOW = 10

const ADDED = 'the row was added'
const CHANGED = 'the row was changed'

/** Follows the chain row by row, in the order of ids, and notes the rows that it cannot vouch for. */
export class Walk {
  readonly problems: Problem[] = []
  checked = 0
  /** The last row that was vouched for. */
  id: number
  link: string
  /** Rows that do not continue the chain, until a later one shows what they are. */
  private doubtful: { id: number; link: string }[] = []

  constructor(from: { eventId: number; link: string }) {
    this.id = from.eventId
    this.link = from.link
  }

  take(row: Row): void {
    if (!hasKey(row.keyId)) this.note(row.id, 'the row names a server key that this node lacks')
    else if (row.action === 'trail.resumed' && isMarked(row)) this.resume(row)
    else if (goesOn(this.link, row)) this.vouch(row, ADDED)
    else if (this.doubtful.some(({ link }) => goesOn(link, row))) this.vouch(row, CHANGED)
    else this.doubt(row)
  }

  /** Notes a row that nobody vouches for. */
  foreign({ id }: { id: number }): void {
    this.note(id, ADDED)
  }

  /** @param last the signed end after the last row was read, or nothing if nobody vouches for it */
  finish(last: { eventId: number; link: string } | undefined): void {
    const isDoubtful = this.doubtful.length > 0
    this.settle(CHANGED)
    if (isDoubtful || !last) return
    if (this.id < last.eventId) this.note(this.id + 1, 'the row is missing')
    else if (this.link !== last.link) this.note(this.id, CHANGED)
  }

  note(id: number, reason: string): void {
    if (this.problems.length < MOST) this.problems.push({ id: Math.max(1, id), reason })
  }

  private doubt({ id, link }: Row) {
    this.doubtful.push({ id, link })
    if (this.doubtful.length > WINDOW) this.note(this.doubtful.shift()!.id, 'the row was changed or added')
  }

  private vouch(row: Row, doubtful: string) {
    this.settle(doubtful)
    this.checked++
    this.id = row.id
    this.link = row.link
  }

  /** The row contains the end that was found when the trail continued. If we signed it, the chain was there. */
  private resume(row: Row) {
    const found = endIn(row)
    const isOurs = isEndSigned('last', found) && found.eventId === this.id && found.link === this.link
    if (isOurs && goesOn(found.link, row)) return this.vouch(row, ADDED)
    this.settle(CHANGED)
    this.note(row.id, 'the end of the trail was changed before this row')
    this.id = row.id
    this.link = row.link
  }

  /** @param reason for rows after the last one that was vouched for. After a gap they are the rest of more rows */
  private settle(reason: string) {
    for (const [index, { id }] of this.doubtful.splice(0).entries()) {
      const isGap = index === 0 && reason === CHANGED && id > this.id + 1
      this.note(isGap ? this.id + 1 : id, isGap ? 'the row is missing' : reason)
    }
  }
}

function goesOn(link: string, row: Row) {
  return row.link === linkOf(link, row) && isMarked(row)
}

function isMarked({ keyId, link, mark }: Row) {
  return isMark('event', keyId, link, mark)
}

function endIn({ detail }: Row) {
  try {
    const [eventId, link, keyId, signature] = JSON.parse(detail)
    return { eventId, link, keyId, signature }
  } catch {
    return { eventId: 0, link: '', keyId: null, signature: null }
  }
}
