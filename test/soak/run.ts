import { type Figures, soak } from './soak.js'

// Half an hour at 60 % of what the service can do, with one request in a hundred that goes wrong: prints what it used and how long
// its clients waited, and ends with 1 where one of the limits is passed.

const LIMITS = { growth: 1, log: 200e6, slower: 1.2 }
const [dialects = 'SQLite,PostgreSQL', minutes = '30'] = process.argv.slice(2)

for (const dialect of dialects.split(',')) {
  if (dialect !== 'SQLite' && dialect !== 'PostgreSQL') throw new Error(`${dialect} is neither SQLite nor PostgreSQL`)
  console.log(`=== ${dialect}, ${minutes} minutes ===`)
  const figures = await soak(dialect, Number(minutes))
  for (const [title, isKept] of judged(figures)) {
    console.log(`${isKept ? 'kept' : 'BROKEN'}: ${title}`)
    if (!isKept) process.exitCode = 1
  }
}

function judged({ memory, descriptors, walSize, p99, unexpected }: Figures): [string, boolean][] {
  const [first, last] = [p99[0]!, p99.at(-1)!]
  return [
    [`memory grows by ${memory.toFixed(2)} MB a minute, less than ${LIMITS.growth}`, memory < LIMITS.growth],
    [
      `descriptors after each part ${descriptors.join(' ')}, after the last at most 3 more than after the first`,
      descriptors.at(-1)! <= descriptors[0]! + 3,
    ],
    [`the write-ahead log of SQLite has ${(walSize / 1e6).toFixed(1)} MB at most`, walSize < LIMITS.log],
    [
      `p99 ${first.toFixed(1)} ms in the first part, ${last.toFixed(1)} in the last, ${LIMITS.slower} times at most`,
      last <= LIMITS.slower * first,
    ],
    [`${unexpected} responses that nobody expected`, unexpected === 0],
  ]
}
