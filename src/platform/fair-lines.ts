/** Those who wait, in lines that take turns, so that one who asks for much keeps nobody out. */
export class FairLines<Waiting> {
  /** A Map keeps its order, so the first key is the one whose turn it is. */
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

  /** The first of the line whose turn it is. */
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
   * Who fills the queue keeps nobody else out: the last of the longest line gives way to a shorter one.
   * @returns who has to go; nothing where no line is longer than that of `who` would be
   */
  giveWay(who: string): Waiting | undefined {
    const own = this.lines.get(who)?.length ?? 0
    const longest = [...this.lines.values()].reduce<Waiting[]>((a, b) => (b.length > a.length ? b : a), [])
    if (longest.length <= own + 1) return undefined
    this.count--
    // Of two or more, so the line stays.
    return longest.pop()
  }
}
