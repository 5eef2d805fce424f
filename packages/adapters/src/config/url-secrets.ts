const URL_SHAPE = /^[a-z][a-z0-9+.-]*:\/\/[^\s/?#]/i
const PASSWORD_IN_AUTHORITY = /:\/\/[^/?#@]*:[^@]*@/
const SECRET_IN_QUERY = /[?&](?:pass|password|pwd|token|secret)=/i
const NATS_USERINFO = /^(?:nats|tls|wss?):\/\/[^/?#]*@/i

/** Lists of hosts (`redis+sentinel://h1:26379,h2:26379/name`) pass too, which the WHATWG parser refuses. */
export const looksLikeUrl = (text: string): boolean => URL_SHAPE.test(text)

/** True for `user:password@`, for secrets in the query, and for NATS also a bare `token@`. */
export const holdsSecret = (url: string): boolean =>
  url
    .split(/,(?=[a-z][a-z0-9+.-]*:\/\/)/i)
    .some((part) => PASSWORD_IN_AUTHORITY.test(part) || SECRET_IN_QUERY.test(part) || NATS_USERINFO.test(part))
