export const LOG_LEVELS = ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']

/** Every variable, once: the table of docs/production.md is checked against this one. */
export const VARIABLES: Record<string, string> = {
  PORT: 'port to listen on, 0 to 65535; 0 takes a free port (8000)',
  HOST: 'address or name to listen on, such as `0.0.0.0` or `[::1]` (127.0.0.1)',
  DATABASE_URL:
    '`sqlite:<file>` or `postgres://user:password@host:port/name?sslmode=verify-full`, and [more](#the-address-of-postgresql) (sqlite:data/latchkey.sqlite3)',
  DATABASE_URL_FILE: 'a file that holds the value of `DATABASE_URL`; see [secrets from files](#secrets-from-files)',
  LATCHKEY_DATABASE_MUST_EXIST:
    'on or off: refuse to create a new database, for example when a volume is missing (off)',
  LATCHKEY_DATABASE_POOL: 'the most connections to PostgreSQL that each process keeps, 2 to 200 (10)',
  LATCHKEY_PUBLIC_URL:
    'the address at which clients see the service, such as `https://tokens.example.com`, or `https://example.com/tokens/` under a path; it is used in links and in the setup link',
  LATCHKEY_ALLOWED_HOSTS:
    'further host names that requests may use, comma-separated; the public URL and loopback are always allowed',
  LATCHKEY_CORS_ORIGINS:
    'origins of browser applications that may use the API with tokens, such as `https://app.example.com`, comma-separated (none)',
  LATCHKEY_SECRET_KEY:
    'one or more keys of 32 bytes or more in base64, comma-separated; the first encrypts, all decrypt (on SQLite: a key file beside the database)',
  LATCHKEY_SECRET_KEY_FILE: 'a file that holds the value of `LATCHKEY_SECRET_KEY`',
  LATCHKEY_TRUST_PROXY:
    'addresses or networks of the proxies in front, comma-separated, or the number of proxies (none)',
  LATCHKEY_TOKEN_MAX_AGE: 'the longest lifetime of a new token, such as `90d` or `12h`, or off: no maximum (off)',
  LATCHKEY_EVENTS_MAX_AGE:
    'how long events and the history of objects are kept, such as `365d`, or off: for ever (off)',
  LATCHKEY_ENDED_MAX_AGE:
    'how long the records of tokens and sessions are kept after they end, such as `30d`, or off: for ever (90d)',
  LATCHKEY_PASSWORD_COST:
    'cost of bcrypt for passwords, 10 to 14: each step doubles the time; the hash of a user changes at the next sign-in (12)',
  LATCHKEY_REMEMBERED_TOKENS:
    'how many tokens and sessions a process remembers, 1000 to 1000000; each takes up to 2 kB of memory (10000)',
  LATCHKEY_IMPORT_URL:
    'the source of `latchkey import django`, for a source that must not be an argument, because every user of the machine can see arguments',
  LATCHKEY_IMPORT_URL_FILE: 'a file that holds the value of `LATCHKEY_IMPORT_URL`',
  LATCHKEY_LOG_LEVEL: `${LOG_LEVELS.join(', ')} (info)`,
  LATCHKEY_DOCS: 'on or off: Swagger UI at /docs/ (on)',
  LATCHKEY_SUPERUSER_USERNAME:
    'together with `LATCHKEY_SUPERUSER_PASSWORD`: the superuser that a start creates if there is none',
  LATCHKEY_SUPERUSER_PASSWORD: 'the password of that superuser',
  LATCHKEY_SUPERUSER_PASSWORD_FILE: 'a file that holds the value of `LATCHKEY_SUPERUSER_PASSWORD`',
  OTEL_EXPORTER_OTLP_ENDPOINT:
    'where to send traces by OTLP over HTTP, such as `http://localhost:4318`; needs the packages that docs/metrics.md names (none)',
  WEB_CONCURRENCY: 'how many processes answer requests, 1 to 64; on SQLite only 1 (1)',
}
