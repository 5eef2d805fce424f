import type { Panel } from '@grafana/grafana-foundation-sdk/dashboard'
import { Days, Short } from '@grafana/grafana-foundation-sdk/units'
import type { Row } from '../kit/layout.ts'
import { wordsFor } from '../kit/mappings.ts'
import { stat } from '../kit/stat.ts'
import { badBelow, GREEN, ORANGE } from '../kit/thresholds.ts'

const expiry = (): Panel =>
  stat({
    title: 'Certificates expire in',
    description:
      'After that peers are refused. cert-manager renews 30 days before: fewer than 14 are a renewal that failed.',
    runbooks: ['certificate-expiry'],
    unit: Days,
    queries: [
      { expr: 'min by (certificate) (ops_certificate_expiry_days{certificate!="crl"})', legend: '{{certificate}}' },
    ],
    thresholds: badBelow({ warning: 14, critical: 3 }),
    showNames: true,
    decimals: 0,
    width: 8,
  })

const revocations = (): Panel =>
  stat({
    title: 'List of revoked certificates expires in',
    description:
      'It lives for days and is made anew more often. After that peers are refused. Empty where none is used.',
    runbooks: ['certificate-expiry'],
    unit: Days,
    queries: [{ expr: 'min(ops_certificate_expiry_days{certificate="crl"})' }],
    thresholds: badBelow({ warning: 1, critical: 0.25 }),
    noValue: 'no list',
    decimals: 1,
    width: 8,
  })

const reload = (): Panel =>
  stat({
    title: 'Changed files',
    description: 'REFUSED: a replica read changed files, found them bad, and goes on with the old ones.',
    runbooks: ['certificate-reload-failed'],
    unit: Short,
    queries: [{ expr: 'max by (file) (ops_certificate_reload_failed)', legend: '{{file}}' }],
    mappings: [wordsFor({ 0: { text: 'taken', color: GREEN }, 1: { text: 'REFUSED', color: ORANGE } })],
    showNames: true,
    width: 8,
  })

export const certificates = (): Row => ({
  title: 'Certificates of internal-api',
  panels: [expiry(), revocations(), reload()],
})
