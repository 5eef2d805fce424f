import type { Brand } from '../brand.ts'
import { invalid } from '../errors.ts'

/** An active ISO 4217 alphabetic code. */
export type Currency = Brand<string, 'Currency'>

export const DEFAULT_CURRENCY = 'USD'

/**
 * ISO 4217 list one with its funds, without metals, test codes and units that no country uses. Kept here because the
 * runtime's own list follows CLDR, which knows currencies that have ended and differs from one version of Node to the next.
 */
export const CURRENCIES: ReadonlySet<string> = new Set(
  (
    'AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BHD BIF BMD BND BOB BOV BRL BSD BTN BWP BYN BZD CAD CDF CHE CHF CHW CLF CLP ' +
    'CNY COP COU CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ' +
    'ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK ' +
    'MNT MOP MRU MUR MVR MWK MXN MXV MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF ' +
    'SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD USN ' +
    'UYI UYU UYW UZS VED VES VND VUV WST XAF XCD XCG XOF XPF YER ZAR ZMW ZWG'
  ).split(' '),
)

export function currency(raw: string, path = 'currency'): Currency {
  if (!CURRENCIES.has(raw)) throw invalid(path, 'must be an active ISO 4217 code such as USD')
  return raw as Currency
}
