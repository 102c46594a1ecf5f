/**
 * Currencies that money may be in: ISO 4217 code → decimals of the minor unit (source: ISO 4217 list one). What a
 * provider wants on its wire is the provider's own table.
 */
const DECIMALS: Readonly<Record<string, 0 | 2 | 3>> = {
  AED: 2,
  ARS: 2,
  AUD: 2,
  BDT: 2,
  BGN: 2,
  BHD: 3,
  BRL: 2,
  CAD: 2,
  CHF: 2,
  CLP: 0,
  CNY: 2,
  COP: 2,
  CRC: 2,
  CZK: 2,
  DKK: 2,
  DOP: 2,
  EGP: 2,
  EUR: 2,
  GBP: 2,
  GEL: 2,
  GHS: 2,
  HKD: 2,
  HUF: 2,
  IDR: 2,
  ILS: 2,
  INR: 2,
  ISK: 0,
  JOD: 3,
  JPY: 0,
  KES: 2,
  KRW: 0,
  KWD: 3,
  KZT: 2,
  LKR: 2,
  MAD: 2,
  MXN: 2,
  MYR: 2,
  NGN: 2,
  NOK: 2,
  NZD: 2,
  OMR: 3,
  PEN: 2,
  PHP: 2,
  PKR: 2,
  PLN: 2,
  PYG: 0,
  QAR: 2,
  RON: 2,
  RSD: 2,
  SAR: 2,
  SEK: 2,
  SGD: 2,
  THB: 2,
  TND: 3,
  TRY: 2,
  TWD: 2,
  UAH: 2,
  UGX: 0,
  USD: 2,
  UYU: 2,
  VND: 0,
  XAF: 0,
  XOF: 0,
  ZAR: 2,
};

export function isSupportedCurrency(code: string): boolean {
  return Object.hasOwn(DECIMALS, code);
}

/** Decimals of the minor unit; throws for a currency that no edge should have let in. */
export function decimalsOf(currency: string): 0 | 2 | 3 {
  const decimals = isSupportedCurrency(currency) ? DECIMALS[currency] : undefined;
  if (decimals === undefined) throw new RangeError(`unsupported currency ${currency}`);
  return decimals;
}

export function supportedCurrencies(): readonly string[] {
  return Object.keys(DECIMALS);
}
