import type { Context } from './context.js'

/** Server keys, groups with the built-in `everyone`, users and who is in which group. */
export async function up({ id, text, time, ofType, table, run }: Context) {
  await run(`CREATE TABLE ${table('keys')} (id ${text} PRIMARY KEY NOT NULL, created_at ${time} NOT NULL)`)

  await run(`CREATE TABLE ${table('groups')} (
    id ${id},
    name ${text} NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 150 AND ${ofType('name', 'text')}),
    scopes ${text} NOT NULL
  )`)
  await run(`INSERT INTO ${table('groups')} (name, scopes) VALUES ('everyone', '')`)

  await run(`CREATE TABLE ${table('users')} (
    id ${id},
    username ${text} NOT NULL CHECK (length(username) BETWEEN 1 AND 150 AND ${ofType('username', 'text')}),
    username_folded ${text} NOT NULL UNIQUE,
    email ${text} NOT NULL CHECK (length(email) <= 254),
    password_hash ${text} CHECK (length(password_hash) = 60),
    password_key ${text} REFERENCES ${table('keys')} (id),
    is_active BOOLEAN NOT NULL,
    is_staff BOOLEAN NOT NULL,
    is_superuser BOOLEAN NOT NULL,
    date_joined ${time} NOT NULL,
    last_login ${time},
    CHECK ((password_hash IS NULL) = (password_key IS NULL))
  )`)
  await run(`CREATE INDEX users_username ON ${table('users')} (username)`)
  await run(`CREATE INDEX users_date_joined ON ${table('users')} (date_joined)`)

  await run(`CREATE TABLE ${table('memberships')} (
    user_id INTEGER NOT NULL REFERENCES ${table('users')} (id) ON DELETE CASCADE,
    group_id INTEGER NOT NULL REFERENCES ${table('groups')} (id) ON DELETE CASCADE,
    PRIMARY KEY (user_id, group_id)
  )`)
  await run(`CREATE INDEX memberships_group_id ON ${table('memberships')} (group_id)`)

  await run(`CREATE TABLE ${table('setup_links')} (
    id ${id},
    digest ${text} NOT NULL CHECK (length(digest) = 64),
    expires_at ${time} NOT NULL
  )`)
}
