/** What every list of the console has, as a person finds it: rows, what is selected, filters, figures. */
import type { Locator, Page } from "playwright-core";
import { decimalsOf } from "../../../shared/domain/currencies.ts";
import type { Device } from "./visits.ts";

/** Ids of the rows that are shown, in their order. */
export async function shownIds(page: Page): Promise<readonly string[]> {
  return page
    .locator("tr[data-id]:visible")
    .evaluateAll((rows) => rows.flatMap((row) => row.getAttribute("data-id") ?? []));
}

/** Selects records for doing something with all of them. */
export async function selectRows(page: Page, ids: readonly string[]): Promise<Locator> {
  for (const id of ids) await page.getByRole("checkbox", { name: `Select ${id}` }).check();
  return page.getByRole("region", { name: "Selected rows" });
}

/** The filters; on a phone they are unfolded first. */
export async function filtersOf(page: Page, { width }: Device): Promise<Locator> {
  const filters = page.getByRole("group", { name: "Filters" });
  const fold = filters.getByRole("button", { name: "Filters", exact: true });
  if (width === 390 && (await fold.getAttribute("aria-expanded")) !== "true") await fold.click();
  return filters;
}

/** `1,250.00 USD`, from minor units. */
export function written(amountMinor: number, currency: string): string {
  const digits = decimalsOf(currency);
  const fraction = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return `${(amountMinor / 10 ** digits).toLocaleString("en-US", fraction)} ${currency}`;
}

interface Sums {
  readonly count: number;
  readonly by_currency: Readonly<Record<string, { readonly count: number; readonly amount: number }>>;
}

/** What a card of figures shows: its title, how many, and how much in each currency, most first. */
export function cardText(title: string, { count, by_currency: by }: Sums): string {
  const sums = Object.entries(by)
    .filter(([, tally]) => tally.count > 0)
    .toSorted(([, a], [, b]) => b.amount - a.amount)
    .map(([currency, { amount }]) => written(amount, currency));
  return [title, count.toLocaleString("en-US"), ...sums].join("");
}
