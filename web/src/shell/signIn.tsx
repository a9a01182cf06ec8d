import { useState } from 'preact/hooks'
import { ApiError, explain, forgetToken, hasToken, keepToken } from '../api/client'
import { knock } from './live'

/** Asks for the agent's token. */
export function SignIn() {
  const [problem, setProblem] = useState<string | undefined>(hasToken() ? 'The agent does not know the token any more.' : undefined)
  const submit = async (event: Event) => {
    event.preventDefault()
    const token = String(new FormData(event.target as HTMLFormElement).get('token')).trim()
    if (!/^[\x21-\x7e]+$/.test(token)) {
      setProblem('A token is made of letters, digits and signs, without spaces.')
      return
    }
    keepToken(token)
    try {
      const error = await knock()
      if (error instanceof ApiError) setProblem(error.message)
    } catch (error) {
      forgetToken()
      setProblem(explain(error))
    }
  }
  return (
    <main class="sign-in">
      <form class="card" onSubmit={submit}>
        <h1>DeCloud node</h1>
        <p class="muted">This agent asks for its token: the value of Http:ApiToken, or what is in the file of Http:ApiTokenFile.</p>
        {problem && <p class="wrong" role="alert">{problem}</p>}
        <label for="token">Token</label>
        <input id="token" name="token" type="password" autocomplete="current-password" autofocus required />
        <p class="hint">Kept in this tab until it is closed.</p>
        <button type="submit" class="primary">Sign in</button>
      </form>
    </main>
  )
}
