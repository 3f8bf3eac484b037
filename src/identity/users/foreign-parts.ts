import { timingSafeEqual } from 'node:crypto'

/** How to check a password, or why that is impossible. */
export type Checker = ((password: string) => Promise<boolean>) | 'malformed' | 'too costly'

/**
 * The most that one check may cost. A row from another database names its own cost, and a sign-in holds a thread and a slot for
 * as long. On a machine where a bcrypt of cost 12 takes 180 ms, each of these takes about two seconds at most (measured):
 * 5,000,000 iterations of PBKDF2 0.8 s, bcrypt of cost 15 1.5 s, scrypt and Argon2 over 1 GiB 2.1 and 2.7 s. Django's own are a
 * tenth of this or less.
 */
export const MOST = {
  iterations: 5_000_000,
  bcryptCost: 15,
  /** Memory of scrypt and Argon2. */
  bytes: 256 * 2 ** 20,
  /** Bytes that scrypt and Argon2 go over: memory times passes. */
  work: 2 ** 30,
}

export function isSame(made: Buffer, expected: Buffer): boolean {
  return made.length === expected.length && timingSafeEqual(made, expected)
}

/** A positive number of at most nine digits, as Django writes it, or `NaN`. */
export function whole(text: string | undefined): number {
  return /^[1-9]\d{0,8}$/.test(text ?? '') ? Number(text) : Number.NaN
}
