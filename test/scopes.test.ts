import { expect } from 'chai'
import fc from 'fast-check'
import { Group } from '../src/identity/groups/group.js'
import { BUILT_IN } from '../src/identity/scopes/built-in.js'
import { scopesOf, textOf } from '../src/identity/scopes/grammar.js'
import { clientWithValue, makePersonal, makeUser, TESTER } from './support.js'

const some = fc.uniqueArray(fc.constantFrom(...BUILT_IN.keys()))

describe('scopes', () => {
  it('are the same after they were kept as text', () => {
    fc.assert(
      fc.property(some, (scopes) => {
        expect(scopesOf(textOf(scopes))).to.deep.equal([...scopes].sort())
      }),
    )
    fc.assert(
      fc.property(some, (scopes) => {
        expect(textOf([...scopes, ...scopes])).to.equal(textOf(scopes))
      }),
    )
  })

  it('of a request are those of the groups and of everyone, cut down to the token’s', async function () {
    this.timeout(60_000)
    const everyone = (await Group.findOne({ where: { name: 'everyone' } }))!
    let number = 0
    await fc.assert(
      fc.asyncProperty(
        some,
        some,
        some,
        some.filter((list) => list.length > 0),
        async (all, one, two, own) => {
          await Group.change(everyone.id, { scopes: all }, TESTER, () => {})
          const groups = [`a${++number}`, `b${number}`]
          await Group.add({ name: groups[0]!, scopes: one }, TESTER)
          await Group.add({ name: groups[1]!, scopes: two }, TESTER)
          const { value } = await makePersonal(await makeUser({ groups }), { scopes: own })
          const { body } = await clientWithValue(value).get('/api/tokens/current')
          const held = new Set([...all, ...one, ...two])
          expect(body.scopes).to.deep.equal(own.filter((scope) => held.has(scope)).sort())
        },
      ),
      { numRuns: 25, seed: 1 },
    )
  })
})
