import { cpSync, readFileSync, writeFileSync } from 'node:fs'

// A build step: copies the run-time part of tsoa to where the compiled service finds it first. Its package requires hapi, Express
// 4 and types of koa, 76 packages that its code never loads. It only needs reflect-metadata and validator (tsoa 6.6). `overrides`
// would save them only in this folder, and not where the service is installed as a package. Tools that look for packages with
// advisories find this copy by its package.json.

const root = new URL('../../../', import.meta.url)
const source = new URL('node_modules/@tsoa/runtime/', root)
const target = new URL('build/node_modules/@tsoa/runtime/', root)

/** What its code requires. */
const REQUIRED = ['reflect-metadata', 'validator']

cpSync(new URL('dist', source), new URL('dist', target), {
  recursive: true,
  filter: (file) => !/\.(d\.ts|map)$/.test(file),
})
cpSync(new URL('LICENSE', source), new URL('LICENSE', target))
const { name, version, license, main, dependencies } = JSON.parse(readFileSync(new URL('package.json', source), 'utf8'))
const manifest = {
  name,
  version,
  license,
  main,
  dependencies: Object.fromEntries(REQUIRED.map((name) => [name, dependencies[name]])),
}
writeFileSync(new URL('package.json', target), `${JSON.stringify(manifest, null, 2)}\n`)
