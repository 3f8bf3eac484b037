export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Every variable, once: the table of docs/production.md is checked against this one. */
export const VARIABLES: Record<string, string> = {
  PORT: 'port to listen on, 0 to 65535; 0 takes a free one (8000)',
  HOST: 'address or name to listen on, such as `0.0.0.0` or `[::1]` (127.0.0.1)',
  DATABASE_URL:
    '`sqlite:<file>` or `postgres://user:password@host:port/name?sslmode=verify-full`, and [more](#the-address-of-postgresql) (sqlite:data/latchkey.sqlite3)',
  DATABASE_URL_FILE: 'a file that holds it, in its place; see [secrets from files](#secrets-from-files)',
  LATCHKEY_DATABASE_MUST_EXIST:
    'on or off: refuse to make a new database, as where a volume is missing at a start (off)',
  LATCHKEY_DATABASE_POOL: 'connections to PostgreSQL that each process keeps at most, 2 to 200 (10)',
  LATCHKEY_PUBLIC_URL:
    'where clients see the service, such as `https://tokens.example.com`, or `https://example.com/tokens/` under a path; links and the setup link use it',
  LATCHKEY_ALLOWED_HOSTS:
    'further host names that requests may name, comma-separated; the public URL and loopback are always allowed',
  LATCHKEY_CORS_ORIGINS:
    'origins of browser applications that may use the API by tokens, such as `https://app.example.com`, comma-separated (none)',
  LATCHKEY_SECRET_KEY:
    'one or more keys of 32 bytes or more in base64, comma-separated; the first seals, all open (on SQLite: a key file beside the database)',
  LATCHKEY_SECRET_KEY_FILE: 'a file that holds it, in its place',
  LATCHKEY_TRUST_PROXY: 'addresses or networks of the proxies in front, comma-separated, or how many there are (none)',
  LATCHKEY_TOKEN_MAX_AGE: 'how long a new token lives at most, such as `90d` or `12h`, or off: no maximum (off)',
  LATCHKEY_EVENTS_MAX_AGE:
    'how long events and the history of objects are kept, such as `365d`, or off: for ever (off)',
  LATCHKEY_ENDED_MAX_AGE:
    'how long the records of tokens and sessions are kept after their end, such as `30d`, or off: for ever (90d)',
  LATCHKEY_PASSWORD_COST:
    'cost of bcrypt for passwords, 10 to 14: one more takes twice the time; the hash of a user follows at the next sign-in (12)',
  LATCHKEY_REMEMBERED_TOKENS:
    'how many tokens and sessions a process remembers, 1000 to 1000000; each takes up to 2 kB of memory (10000)',
  LATCHKEY_IMPORT_URL:
    'what `latchkey import django` reads where its source is no argument, which every user of a machine can see',
  LATCHKEY_IMPORT_URL_FILE: 'a file that holds it, in its place',
  LATCHKEY_LOG_LEVEL: `${LOG_LEVELS.join(', ')} (info)`,
  LATCHKEY_DOCS: 'on or off: Swagger UI at /docs/ (on)',
  LATCHKEY_SUPERUSER_USERNAME: 'with the next one: the superuser that the first start makes while there is none',
  LATCHKEY_SUPERUSER_PASSWORD: 'its password',
  LATCHKEY_SUPERUSER_PASSWORD_FILE: 'a file that holds it, in its place',
  OTEL_EXPORTER_OTLP_ENDPOINT:
    'where traces are sent to by OTLP over HTTP, such as `http://localhost:4318`; needs packages that docs/metrics.md names (none)',
  WEB_CONCURRENCY: 'how many processes answer requests, 1 to 64; on SQLite only 1 (1)',
}
