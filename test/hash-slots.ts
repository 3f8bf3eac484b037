import { hashCounts, provenAt, withHashSlot } from '../src/identity/users/hash-gate.js'
import { HASHES } from '../src/platform/shares.js'
import { expectWithin } from './process.js'

/** Has every password that is to be hashed wait, until the returned function is called. */
export function holdHashes(): () => void {
  let release = () => {}
  const held = new Promise<void>((resolve) => {
    release = resolve
  })
  for (let slot = 0; slot < HASHES; slot++) void withHashSlot(provenAt('test'), () => held)
  return release
}

export function waitingHashes(count: number): Promise<void> {
  return expectWithin(5000, async () => hashCounts().waiting === count)
}
