// The secret stands in the fragment, which no server and no Referer ever sees; it leaves the address bar at once.
const secret = new URLSearchParams(location.hash.slice(1)).get('setup')
const form = document.getElementById('setup')
const show = (id) => {
  document.getElementById(id).hidden = false
}

history.replaceState(null, '', location.pathname)
show(secret ? 'setup' : 'nothing')
if (secret) document.getElementById('username').focus()

form.addEventListener('submit', async (event) => {
  event.preventDefault()
  const button = form.querySelector('button')
  button.disabled = true
  tell({})
  try {
    const { username, password } = Object.fromEntries(new FormData(form))
    const answer = await fetch('/api/setup', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ secret, username, password }),
    })
    if (answer.ok) {
      form.hidden = true
      show('done')
    } else {
      const { detail, errors } = await answer.json()
      tell(errors ?? { secret: [detail] })
    }
  } catch {
    tell({ secret: ['The server does not answer. Please try again.'] })
  }
  button.disabled = false
})

function tell(errors) {
  for (const field of ['username', 'password', 'secret'])
    document.getElementById(`${field}-error`).textContent = (errors[field] ?? []).join(' ')
}
