import { tryingAt, withHashSlot } from '../src/identity/users/hash-gate.js'
import type { HttpError } from '../src/platform/failures.js'
import { HASHES } from '../src/platform/shares.js'

// Many people who sign in, by a clock of its own that stands still while anything is done, and in the place of each hash a wait: so it
// takes a second, and says the same on each machine. It takes a Rush as JSON and prints a Result.

export interface Rush {
  people: number
  /** Seconds within which they come, and that a hash takes. */
  within: number
  hash: number
  /** The share of them that comes from one address. */
  ofOffice?: number
  /** Whether they have signed in from there before. */
  areKnown: boolean
  /** Addresses that ask all the time, under other names, and wait 0.2 s after a refusal, whatever they are told. */
  attackers?: number
  /** Whether these are one address. */
  areOne?: boolean
}

export interface Result {
  /** Until all are in, as a multiple of what their hashes alone demand. */
  times: number
  /** How often one was refused at most. */
  refusals: number
  /** Seconds that a request took at most. */
  longest: number
}

interface Due {
  at: number
  order: number
  begin: (() => void) | undefined
}

let now = 0
let order = 0
const due: Due[] = []

performance.now = () => now
globalThis.setTimeout = ((begin: () => void, milliseconds: number) => {
  const one: Due = { at: now + milliseconds, order: order++, begin }
  due.push(one)
  return one
}) as never
globalThis.clearTimeout = ((one: Due | undefined) => {
  if (one) one.begin = undefined
}) as never

const rush = JSON.parse(process.argv[2]!) as Rush
const left = { people: rush.people }
const result: Result = { times: 0, refusals: 0, longest: 0 }

for (let index = 0; index < rush.people; index++) void person(index)
for (let index = 0; index < (rush.attackers ?? 0); index++) void attacker(index)
while (left.people > 0) {
  due.sort((a, b) => a.at - b.at || a.order - b.order)
  const next = due.shift()!
  now = next.at
  next.begin?.()
  // All that follows of it, before the next one.
  await new Promise((resolve) => setImmediate(resolve))
}
result.times = now / 1000 / Math.max(rush.within, (rush.people * rush.hash) / HASHES)
console.log(JSON.stringify(result))
process.exit()

async function person(index: number) {
  const { within, people, ofOffice = 0, areKnown } = rush
  await wait((within * index) / people)
  const address = index % 2 < ofOffice * 2 ? '203.0.113.7' : `10.1.${index >> 8}.${index & 255}`
  for (let refusals = 0; ; refusals++) {
    result.refusals = Math.max(result.refusals, refusals)
    const seconds = await tried(`person ${index}`, address, areKnown)
    if (seconds === undefined) break
    await wait(seconds)
  }
  left.people--
}

async function attacker(index: number) {
  const address = rush.areOne ? '172.16.0.1' : `172.16.${index >> 8}.${index & 255}`
  for (let name = 0; left.people > 0; name++)
    if ((await tried(`nobody ${index} ${name}`, address, false)) !== undefined) await wait(0.2)
}

/** @returns seconds after which to come back; nothing where it got its hash */
async function tried(name: string, address: string, isKnown: boolean): Promise<number | undefined> {
  const began = now
  try {
    await withHashSlot(tryingAt(name, address, isKnown), () => wait(rush.hash))
    return undefined
  } catch (refusal) {
    return (refusal as HttpError).extras.retryAfter
  } finally {
    if (!name.startsWith('nobody')) result.longest = Math.max(result.longest, (now - began) / 1000)
  }
}

function wait(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1000))
}
