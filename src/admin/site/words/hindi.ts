import type { Translation } from './words'

/** Signing in and the own account; the admin site is in English. */
export const hindi: Translation = {}
