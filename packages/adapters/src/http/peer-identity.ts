// x509 finds its parts by decorator metadata and wants this loaded before it.
import 'reflect-metadata'
import { SubjectAlternativeNameExtension, X509Certificate } from '@peculiar/x509'

/** SPIFFE ID standard §2: a lower-case trust domain and a path without empty or dotted segments. */
const SPIFFE_ID = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.{1,2}(?:\/|$))[A-Za-z0-9._-]+)+$/
/** Shared by DNS names and common names, so that neither can spell a SPIFFE ID. */
const PLAIN_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?$/

/**
 * Who a client certificate speaks for, from the first kind of name it has: URI, DNS, common name. Undefined when
 * that kind does not name exactly one: an X.509-SVID has one URI (SPIFFE X.509-SVID §2), and of two names none can be
 * preferred.
 */
export function peerIdentity(der: Uint8Array<ArrayBuffer>): string | undefined {
  const certificate = new X509Certificate(der)
  const names = certificate.getExtension(SubjectAlternativeNameExtension)?.names.items ?? []
  const ofType = (type: string): string[] => names.filter((name) => name.type === type).map((name) => name.value)

  const uris = ofType('url')
  if (uris.length > 0) return only(uris, SPIFFE_ID)
  const dnsNames = ofType('dns')
  if (dnsNames.length > 0) return only(dnsNames, PLAIN_NAME)?.toLowerCase()
  return only(certificate.subjectName.getField('CN'), PLAIN_NAME)?.toLowerCase()
}

function only(names: readonly string[], shape: RegExp): string | undefined {
  const [name] = names
  return names.length === 1 && name !== undefined && name.length <= 2_048 && shape.test(name) ? name : undefined
}
