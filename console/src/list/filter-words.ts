import { decimalsOf, isSupportedCurrency } from "../../../shared/domain/currencies.ts";
import { type ListSearch, valuesOf } from "./list-search.ts";

/** A filter as far as words go: see `Filter` of the list's definition. */
export type WordedFilter = { readonly key: string; readonly label: string } & (
  | { readonly kind: "choice"; readonly options: readonly { readonly value: string; readonly label: string }[] }
  | { readonly kind: "dates" }
  | { readonly kind: "text" }
  | { readonly kind: "amount" }
  | {
      readonly kind: "own";
      readonly keys: readonly string[];
      readonly describe: (search: ListSearch) => string | undefined;
    }
);

/** Keys of the address that a filter sets. */
export function keysOf(filter: WordedFilter): readonly string[] {
  if (filter.kind === "own") return filter.keys;
  if (filter.kind === "dates") return ["from", "to"];
  if (filter.kind === "amount") return ["currency", "min_amount", "max_amount"];
  return [filter.key];
}

/** What a filter is set to, in words; undefined where it isn't. */
export function describeFilter(filter: WordedFilter, search: ListSearch): string | undefined {
  switch (filter.kind) {
    case "choice":
      return describeChoice(valuesOf(search, filter.key), filter.options);
    case "dates":
      return describeDates(search);
    case "amount":
      return describeAmounts(search);
    case "text":
      return search[filter.key];
    case "own":
      return filter.describe(search);
  }
}

function describeChoice(
  chosen: readonly string[],
  options: readonly { readonly value: string; readonly label: string }[],
): string | undefined {
  if (chosen.length === 0) return undefined;
  const names = chosen.map((value) => options.find((option) => option.value === value)?.label ?? value);
  return names.length > 2 ? `${names.slice(0, 2).join(", ")} and ${names.length - 2} more` : names.join(", ");
}

const dayFormat = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric" });

/** In the browser's time zone, like every day that is shown. */
function describeDay(instant: string): string {
  const ms = Date.parse(instant);
  return Number.isNaN(ms) ? instant : dayFormat.format(ms);
}

function describeDates({ from, to }: ListSearch): string | undefined {
  if (from === undefined) return to === undefined ? undefined : `until ${describeDay(to)}`;
  if (to === undefined) return `from ${describeDay(from)}`;
  const [first, last] = [describeDay(from), describeDay(to)];
  return first === last ? first : `${first} to ${last}`;
}

function describeAmounts({ currency, min_amount: low, max_amount: high }: ListSearch): string | undefined {
  if (low === undefined && high === undefined) return currency;
  const name = currency === undefined ? "" : ` ${currency}`;
  if (low === undefined) return `at most ${major(high, currency)}${name}`;
  if (high === undefined) return `at least ${major(low, currency)}${name}`;
  return `${major(low, currency)} to ${major(high, currency)}${name}`;
}

function major(minor: string | undefined, currency: string | undefined): string {
  const digits = currency !== undefined && isSupportedCurrency(currency) ? decimalsOf(currency) : 0;
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return (Number(minor) / 10 ** digits).toLocaleString("en-US", fraction);
}
