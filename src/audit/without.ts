import { Op, type WhereOptions } from 'sequelize'
import type { EventAction } from './event.js'

const SIGN_INS: EventAction[] = ['login.succeeded', 'login.failed', 'session.started', 'session.ended']
const SETTINGS: EventAction[] = ['settings.changed', 'keys.rotated']

/** The kinds, by their names in the query. */
const KINDS: Record<string, WhereOptions> = {
  'sign-ins': { action: { [Op.notIn]: SIGN_INS } },
  settings: { action: { [Op.notIn]: SETTINGS } },
  refusals: { outcome: 'done' },
}

/** The condition for events of none of these kinds, whose names are separated by commas. */
export function without(kinds: string): WhereOptions {
  return { [Op.and]: kinds.split(',').map((kind) => KINDS[kind]!) }
}
