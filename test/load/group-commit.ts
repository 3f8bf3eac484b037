import { GROUPS_OF_ONE, rateOf, written } from '../faults/rate.js'

// Prints what it brings that waiting writers on SQLite share a commit. It asserts nothing: times belong to the machine that
// they were measured on.

const SECONDS = Number(process.env.LOAD_SECONDS ?? 10)
const CLIENTS = 32

for (const delay of [0, 5]) {
  const alone = await rateOf({ clients: CLIENTS, seconds: SECONDS, delay, env: GROUPS_OF_ONE })
  const grouped = await rateOf({ clients: CLIENTS, seconds: SECONDS, delay })
  console.log(`${CLIENTS} clients, each sync ${delay} ms slower`)
  console.log(`  groups of one:  ${written(alone)}`)
  console.log(`  groups:         ${written(grouped)}`)
  console.log(`  ${(grouped.rate / alone.rate).toFixed(1)} times as many`)
}
