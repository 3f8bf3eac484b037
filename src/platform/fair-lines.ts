/** Everybody who waits, in lines that take turns, so that one who asks for much keeps nobody out. */
export class FairLines<Waiting> {
  /** A Map keeps its order, so the first key has the next turn. */
  private readonly lines = new Map<string, Waiting[]>()
  private count = 0

  /** How many wait, in all lines. */
  get length(): number {
    return this.count
  }

  push(who: string, waiting: Waiting): void {
    const line = this.lines.get(who) ?? []
    this.lines.set(who, line)
    line.push(waiting)
    this.count++
  }

  /** The first one in the line that has the turn. */
  shift(): Waiting | undefined {
    const [who, line] = this.lines.entries().next().value ?? []
    const first = line?.shift()
    if (who === undefined || !line || first === undefined) return undefined
    this.lines.delete(who)
    if (line.length > 0) this.lines.set(who, line)
    this.count--
    return first
  }

  remove(who: string, waiting: Waiting): void {
    const line = this.lines.get(who)
    const at = line?.indexOf(waiting) ?? -1
    if (!line || at < 0) return
    line.splice(at, 1)
    if (line.length === 0) this.lines.delete(who)
    this.count--
  }

  /**
   * One who fills the queue must keep nobody else out. So the last of the longest line gives way to a shorter one.
   * @returns the one that has to go, or nothing if no line is longer than that of `who` would be
   */
  giveWay(who: string): Waiting | undefined {
    const own = this.lines.get(who)?.length ?? 0
    const longest = [...this.lines.values()].reduce<Waiting[]>((a, b) => (b.length > a.length ? b : a), [])
    if (longest.length <= own + 1) return undefined
    this.count--
    // The line has two or more, so it stays.
    return longest.pop()
  }
}
