import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { document } from './document.js'
import { breakingChanges, unnamed } from './released.js'

const released = JSON.parse(readFileSync('spec/released.json', 'utf8'))

type Change = (changed: typeof document) => void

const BREAKING: Record<string, { change: Change; names: string[] }> = {
  'an operation that is gone': {
    change: ({ paths }) => delete paths['/api/emp_viewset/{empid}'].delete,
    names: ['deleteEmployee', '/api/emp_viewset/{empid}'],
  },
  'another name of an operation': {
    change: ({ paths }) => Object.assign(paths['/api/emp_viewset'].get, { operationId: 'readEmployees' }),
    names: ['listEmployees', 'readEmployees'],
  },
  'another scope': {
    change: ({ paths }) => Object.assign(paths['/api/emp_viewset'].get, { 'x-required-scopes': ['users:read'] }),
    names: ['listEmployees'],
  },
  'a parameter that is gone': {
    change: ({ paths }) => paths['/api/emp_viewset'].get.parameters.shift(),
    names: ['listEmployees'],
  },
  'a parameter that is needed': {
    change: ({ paths }) =>
      paths['/api/groups'].get.parameters.push({ name: 'x', in: 'query', required: true, schema: { type: 'string' } }),
    names: ['listGroups'],
  },
  'fewer values of a parameter': {
    change: ({ components }) => components.schemas.GroupOrdering.enum.pop(),
    names: ['listGroups'],
  },
  'another form of a text in a body': {
    change: ({ components }) => Object.assign(components.schemas.Scope, { pattern: '^[a-z]+$' }),
    names: ['createToken', 'TokenInput.scopes', 'Scope'],
  },
  'a property that no answer has any more': {
    change: ({ components: { schemas } }) => {
      delete schemas.EmployeeView.properties.salary
      schemas.EmployeeView.required.pop()
    },
    names: ['getEmployee', 'EmployeeView.salary'],
  },
  'an answer of another type': {
    change: ({ components }) => Object.assign(components.schemas.EmployeeView.properties.salary, { type: 'number' }),
    names: ['getEmployee', 'EmployeeView.salary'],
  },
  'an answer that may be null': {
    change: ({ components }) => Object.assign(components.schemas.EmployeeView.properties.salary, { nullable: true }),
    names: ['getEmployee', 'EmployeeView.salary'],
  },
  'a property of a body that becomes required': {
    change: ({ components }) => components.schemas.UserCreation.required.push('email'),
    names: ['createUser', 'UserCreation.email'],
  },
  'a shorter text in a body': {
    change: ({ components }) => Object.assign(components.schemas.GroupInput.properties.name, { maxLength: 5 }),
    names: ['createGroup', 'GroupInput.name'],
  },
}

const HARMLESS: Record<string, Change> = {
  'an operation more': ({ paths }) =>
    Object.assign(paths['/api/emp_viewset'], {
      delete: { operationId: 'x', responses: { 204: { description: 'x' } } },
    }),
  'a path more': ({ paths }) => Object.assign(paths, { '/api/nobody_has_this': paths['/api/emp_viewset'] }),
  'an optional parameter more': ({ paths }) =>
    paths['/api/groups'].get.parameters.push({ name: 'x', in: 'query', schema: { type: 'string' } }),
  'an optional property of a body more': ({ components }) =>
    Object.assign(components.schemas.GroupInput.properties, { note: { type: 'string' } }),
  'a property of an answer more': ({ components: { schemas } }) => {
    schemas.GroupView.properties.type = { type: 'string' }
    schemas.GroupView.required.push('type')
  },
  'an error that no longer happens': ({ paths }) => delete paths['/api/emp_viewset'].get.responses[406],
  'other words and examples': ({ info, components }) => {
    info.description = 'x'
    Object.assign(components.schemas.GroupView.properties.name, { description: 'x', example: 'x' })
  },
}

describe('the last release', () => {
  it('is one of the changelog', () => {
    expect(readFileSync('CHANGELOG.md', 'utf8')).to.contain(`\n## [${released.info.version}] - `)
  })

  it('is understood by the document of now, but for what the changelog names as breaking', () => {
    const changes = unnamed(breakingChanges(released, document), readFileSync('CHANGELOG.md', 'utf8'), 'Unreleased')
    expect(changes.map(({ text, names }) => `${text} (${names.join(', ')})`)).to.deep.equal([])
  })

  for (const [name, { change, names }] of Object.entries(BREAKING))
    it(`would be broken by ${name}`, () => {
      const changes = after(change)
      expect(changes).not.to.deep.equal([])
      expect(changes.flatMap((found) => found.names)).to.include.members(names)
    })

  for (const [name, change] of Object.entries(HARMLESS))
    it(`would not be broken by ${name}`, () => {
      expect(after(change)).to.deep.equal([])
    })

  it('may be broken by what a bullet of the unreleased section names that begins with "Breaking"', () => {
    const changes = after(({ paths }) => delete paths['/api/emp_viewset/{empid}'].delete)
    const leftBy = (bullets: string) =>
      unnamed(
        changes,
        `# Changelog\n\n## [Unreleased]\n\n### Changed\n\n${bullets}\n\n### Removed\n\n- \`deleteEmployee\`\n\n## [0.1.0] - 2026-11-26\n\n### Removed\n\n- **Breaking:** \`deleteEmployee\`\n`,
        'Unreleased',
      )
    expect(leftBy('- **Breaking:** `deleteEmployee` is gone.')).to.deep.equal([])
    expect(leftBy('- **Breaking:** DELETE on `/api/emp_viewset/{empid}` is gone.')).to.deep.equal([])
    expect(leftBy('- **Breaking:** employees stay.\n  So `deleteEmployee` is gone.')).to.deep.equal([])
    expect(leftBy('- **Breaking:** employees stay.')).to.deep.equal(changes)
    expect(leftBy('- **Breaking:** employees stay.\n- `deleteEmployee` is gone.')).to.deep.equal(changes)
    expect(unnamed(changes, '# Changelog\n', 'Unreleased')).to.deep.equal(changes)
  })
})

function after(change: Change) {
  const changed = structuredClone(document)
  change(changed)
  return breakingChanges(document, changed)
}
