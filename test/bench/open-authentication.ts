/** In the place of the hook that looks at tokens. */
export async function expressAuthentication(): Promise<object> {
  return {}
}
