import { invalid } from '../errors.ts'
import { Secret } from '../secret.ts'

/** SMPP 3.4 §5.2.2 password: at most 9 octets with its NUL. Carriers exceed it, so 16 are accepted. */
export const SMPP_PASSWORD_OCTETS = 8

export const PASSWORD_PATTERN = '^[\\x21-\\x7E]{1,16}$'

const pattern = new RegExp(PASSWORD_PATTERN)

export function password(raw: string, path = 'password'): Secret {
  if (!pattern.test(raw)) throw invalid(path, 'must be 1-16 visible ASCII characters')
  return new Secret(raw)
}

export type Warning = Readonly<{ code: 'PASSWORD_LONGER_THAN_SMPP_3_4'; path: string; message: string }>

export const passwordWarnings = (secret: Secret): readonly Warning[] =>
  secret.reveal().length <= SMPP_PASSWORD_OCTETS
    ? []
    : [
        {
          code: 'PASSWORD_LONGER_THAN_SMPP_3_4',
          path: 'password',
          message: `SMPP 3.4 allows ${SMPP_PASSWORD_OCTETS} characters; some carriers refuse a longer one at bind`,
        },
      ]
