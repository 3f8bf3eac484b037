/** Shows the progress of a long import on a terminal, and lets a signal stop it between two pieces. */
export function importProgress() {
  let isStopped = false
  let width = 0
  const stop = () => {
    // A second signal ends it at once. What was written stays, and the next run imports the rest.
    if (isStopped) process.exit(130)
    isStopped = true
  }
  process.on('SIGINT', stop)
  process.on('SIGTERM', stop)
  return {
    onPiece(done: number, all: number): 'go on' | 'stop' {
      if (process.stderr.isTTY) {
        const line = `${bar(done / all)} ${done} of ${all}`
        width = line.length
        process.stderr.write(`\r${line}`)
      }
      return isStopped ? 'stop' : 'go on'
    },
    end() {
      process.off('SIGINT', stop)
      process.off('SIGTERM', stop)
      if (width > 0) process.stderr.write(`\r${' '.repeat(width)}\r`)
      width = 0
    },
  }
}

const CELLS = 30

function bar(part: number): string {
  const full = Math.round(part * CELLS)
  return `[${'#'.repeat(full)}${' '.repeat(CELLS - full)}]`
}
