/** How long, from where and how often a token works. */
export interface Bounds {
  expiresAt: Date | null
  /** None means from anywhere. */
  networks: string[]
  rateLimit: { requests: number; seconds: number } | null
}

interface Columns {
  expiresAt: Date | null
  networks: string | null
  limitRequests: number | null
  limitSeconds: number | null
}

/** The bounds of a token, from its columns. */
export function boundsOf({ expiresAt, networks, limitRequests: requests, limitSeconds: seconds }: Columns): Bounds {
  return {
    expiresAt,
    networks: networks?.split(' ') ?? [],
    rateLimit: requests && seconds ? { requests, seconds } : null,
  }
}
