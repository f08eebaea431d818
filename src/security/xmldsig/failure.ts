// Why a signature could not be read or is wrong: a code that evidence keeps. Never leaves the security folder as a throw.

/** Thrown inside a verification to end it; the verdict is `indeterminate` or `invalid` with this reason. */
export class SignatureFailure extends Error {
  constructor (readonly status: 'invalid' | 'indeterminate', readonly reason: string) {
    super(reason)
    this.name = 'SignatureFailure'
  }
}
