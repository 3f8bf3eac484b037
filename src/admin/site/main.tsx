import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { loadWords } from './words/words'

// A secret is in the fragment, which no server and no Referer ever gets. It is removed from the address bar at once.
const fragment = new URLSearchParams(location.hash.slice(1))
const link = { setup: fragment.get('setup'), password: fragment.get('password') }
if (link.setup || link.password) history.replaceState(null, '', location.pathname)

// The other files need the words as soon as they are loaded.
await loadWords()
const [{ Page }, { followOtherTabs }, { numberEntries }] = await Promise.all([
  import('./page'),
  import('./auth'),
  import('./work/leave-guard'),
])

numberEntries()
followOtherTabs()

createRoot(document.getElementById('root')!).render(
  <StrictMode>
    <Page link={link} />
  </StrictMode>,
)
