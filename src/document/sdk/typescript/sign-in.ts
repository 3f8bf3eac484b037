/** The one token of all requests of a client; they share one sign-in. */
export class SignIn {
  private token?: string
  private pending?: Promise<string>
  private readonly given = new Set<string>()

  /** @param obtain trades what the client knows for a token */
  constructor(private readonly obtain: () => Promise<string>) {}

  async current(): Promise<string> {
    if (this.token !== undefined) return this.token
    this.pending ??= this.signIn()
    return this.pending
  }

  /** Whether a request had its token from here. */
  gave(token: string): boolean {
    return this.given.has(token)
  }

  /** @param refused the token that was answered with 401; another request may have replaced it already */
  async renewed(refused: string): Promise<string> {
    if (this.token === refused) this.token = undefined
    return this.current()
  }

  private async signIn(): Promise<string> {
    try {
      this.token = await this.obtain()
      this.given.add(this.token)
      return this.token
    } finally {
      this.pending = undefined
    }
  }
}
