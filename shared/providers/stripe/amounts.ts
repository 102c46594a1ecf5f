import { decimalsOf, isSupportedCurrency } from "../../domain/currencies.ts";

/**
 * Stripe's wire units. Source: Stripe docs, page "Supported currencies": "Zero-decimal currencies", "Three-decimal
 * currencies" and "Special cases". HUF and TWD are whole only in payouts from a Stripe balance to a bank; a transfer
 * between Stripe balances takes their two decimals, so it is not refused here.
 */
interface WireUnit {
  /** Decimals in which Stripe's API counts the currency. */
  readonly decimals: 0 | 2 | 3;
  /** Wire amounts are multiples of this. */
  readonly increment: 1 | 10 | 100;
}

const ZERO_DECIMAL: WireUnit = { decimals: 0, increment: 1 };
const TWO_DECIMAL: WireUnit = { decimals: 2, increment: 1 };
/** Partners of Stripe's know two decimals only: the last of the three digits has to be 0. */
const THREE_DECIMAL: WireUnit = { decimals: 3, increment: 10 };
/** Without a minor unit in ISO 4217, still counted in hundredths by Stripe: 5 ISK is sent as 500. */
const WHOLE_IN_HUNDREDTHS: WireUnit = { decimals: 2, increment: 100 };

const codes = (list: string, unit: WireUnit): [string, WireUnit][] => list.split(" ").map((code) => [code, unit]);

const WIRE_UNITS: ReadonlyMap<string, WireUnit> = new Map([
  ...codes("CLP JPY KRW PYG VND XAF XOF", ZERO_DECIMAL),
  ...codes("BHD JOD KWD OMR TND", THREE_DECIMAL),
  ...codes("ISK UGX", WHOLE_IN_HUNDREDTHS),
  ...codes(
    "AED ARS AUD BDT BGN BRL CAD CHF CNY COP CRC CZK DKK DOP EGP EUR GBP GEL GHS HKD HUF IDR ILS INR KES KZT LKR MAD " +
      "MXN MYR NGN NOK NZD PEN PHP PKR PLN QAR RON RSD SAR SEK SGD THB TRY TWD UAH USD UYU ZAR",
    TWO_DECIMAL,
  ),
]);

export type AmountRefusal = "unsupported_currency" | "amount_not_positive" | "amount_increment" | "amount_too_large";

export type WireAmount =
  | { readonly ok: true; readonly amount: number; readonly currency: string }
  | { readonly ok: false; readonly reason: AmountRefusal; readonly message: string };

/** Minor units of ISO 4217 → Stripe's `amount` and lower-case `currency`. Exact or refused, never rounded. */
export function toStripeAmount(amountMinor: number, currency: string): WireAmount {
  const unit = WIRE_UNITS.get(currency);
  if (unit === undefined || !isSupportedCurrency(currency)) {
    return refused("unsupported_currency", `${currency} can't be sent through Stripe`);
  }
  if (!Number.isSafeInteger(amountMinor) || amountMinor < 1) {
    return refused("amount_not_positive", `an amount is a whole number of minor units above 0, got ${amountMinor}`);
  }
  const amount = scale(amountMinor, unit.decimals - decimalsOf(currency));
  if (amount !== undefined && !Number.isSafeInteger(amount)) {
    return refused("amount_too_large", `${amountMinor} ${currency} is too large`);
  }
  if (amount === undefined || amount % unit.increment !== 0) {
    return refused("amount_increment", `${amountMinor} ${currency} has a smaller part than Stripe can send`);
  }
  return { ok: true, amount, currency: currency.toLowerCase() };
}

/** Stripe's `amount` → minor units of ISO 4217; undefined where that is not exact or the currency is not known. */
export function fromStripeAmount(
  amount: number,
  wireCurrency: string,
): { readonly amountMinor: number; readonly currency: string } | undefined {
  const currency = wireCurrency.toUpperCase();
  const unit = WIRE_UNITS.get(currency);
  if (unit === undefined || !isSupportedCurrency(currency) || !Number.isSafeInteger(amount)) return undefined;
  const amountMinor = scale(amount, decimalsOf(currency) - unit.decimals);
  return amountMinor === undefined ? undefined : { amountMinor, currency };
}

/** value × 10^power in integers; undefined where a division would leave a rest. */
function scale(value: number, power: number): number | undefined {
  const factor = 10 ** Math.abs(power);
  if (power >= 0) return value * factor;
  return value % factor === 0 ? value / factor : undefined;
}

function refused(reason: AmountRefusal, message: string): WireAmount {
  return { ok: false, reason, message };
}
