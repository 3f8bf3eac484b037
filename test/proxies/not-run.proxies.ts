import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { parse } from 'yaml'

const IDENTITY = ['X-Latchkey-User', 'X-Latchkey-User-Id', 'X-Latchkey-Token-Id', 'X-Latchkey-Scopes']

/** Of Traefik and Envoy there is no package, so only what can be read in their files is held. */
describe('proxies that are not run', () => {
  for (const file of ['traefik.yml', 'envoy.yaml'])
    it(`${file} says so in its first line`, () => {
      expect(textOf(file)).to.match(/^# NOT RUN by `npm run test:proxies`/)
    })

  it('Traefik deletes every spelling of an identity before it asks', () => {
    const { middlewares, routers } = parse(textOf('traefik.yml')).http
    const { customRequestHeaders } = middlewares.identity.headers
    for (const name of IDENTITY.flatMap(spellings)) expect(customRequestHeaders, name).to.have.property(name, '')
    for (const router of Object.values(routers) as { middlewares: string[] }[])
      expect(router.middlewares[0]).to.equal('identity')
  })

  it('Envoy deletes an identity before it asks, and refuses underscores', () => {
    const [listener] = parse(textOf('envoy.yaml')).static_resources.listeners
    const manager = listener.filter_chains[0].filters[0].typed_config
    const { mutations } = manager.early_header_mutation_extensions[0].typed_config
    const removed = mutations.map(({ remove }: { remove: string }) => remove)
    expect(removed).to.include.members(IDENTITY.map((name) => name.toLowerCase()))
    expect(manager.common_http_protocol_options.headers_with_underscores_action).to.equal('REJECT_REQUEST')
  })

  it('each asks for what it names, and lets a preflight alone through without', () => {
    const [listener] = parse(textOf('envoy.yaml')).static_resources.listeners
    const manager = listener.filter_chains[0].filters[0].typed_config
    const checks = ['latchkey-reports-read', 'latchkey-reports-write']
    const open = manager.route_config.virtual_hosts[0].routes.filter(
      ({ typed_per_filter_config: off }: { typed_per_filter_config: object }) => checks.every((name) => name in off),
    )
    expect(open.map(({ match }: { match: { headers: object[] } }) => match.headers)).to.deep.equal([
      [{ name: ':method', string_match: { exact: 'OPTIONS' } }],
    ])
    const routers = Object.values(parse(textOf('traefik.yml')).http.routers) as {
      rule: string
      middlewares: string[]
    }[]
    const without = routers.filter(({ middlewares }) => !middlewares.some((name) => name.startsWith('latchkey-')))
    expect(without.map(({ rule }) => rule)).to.deep.equal(['Method(`OPTIONS`)'])
  })
})

function textOf(file: string): string {
  return readFileSync(`deploy/proxies/${file}`, 'utf8')
}

/** With each of its hyphens as an underscore or not. */
function spellings(name: string): string[] {
  const [first, ...rest] = name.split('-')
  return rest.reduce((all, part) => all.flatMap((start) => [`${start}-${part}`, `${start}_${part}`]), [first!])
}
