/**
 * A list's state is the page's address: filters, order, page, columns, the record that is open. Values are plain text, as
 * people write them (`?status=failed,pending&sort=-date`); the API judges what they mean.
 */
export type ListSearch = Readonly<Record<string, string>>;

/** Keys that are the list's own; all others are the API's filters. */
export const ownKeys = ["cursor", "size", "columns", "open"] as const;

const MAXIMUM_LENGTH = 2_000;

/** Keeps short texts and drops the rest: an address may have been typed or cut. */
export function readListSearch(search: Record<string, unknown>): ListSearch {
  return Object.fromEntries(
    Object.entries(search).flatMap(([key, value]) =>
      typeof value === "string" && value !== "" && value.length <= MAXIMUM_LENGTH ? [[key, value]] : [],
    ),
  );
}

/** Every value is text: no JSON in addresses. */
export function parseSearch(text: string): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(text));
}

export function stringifySearch(search: Record<string, unknown>): string {
  const entries = Object.entries(search).flatMap(([key, value]): [string, string][] =>
    value === undefined || value === "" ? [] : [[key, String(value)]],
  );
  // Commas are as good in an address as they are to read.
  const text = new URLSearchParams(entries).toString().replaceAll("%2C", ",").replaceAll("%3A", ":");
  return text === "" ? "" : `?${text}`;
}

/** What the API is asked: the filters, without the list's own keys. */
export function filtersOf(search: ListSearch): Record<string, string> {
  return Object.fromEntries(Object.entries(search).filter(([key]) => !(ownKeys as readonly string[]).includes(key)));
}

/** What the API is asked, in the list's own order where the address names none. */
export function queryOf(
  list: { readonly defaultSort?: string | undefined },
  search: ListSearch,
): Record<string, string> {
  return { ...(list.defaultSort === undefined ? {} : { sort: list.defaultSort }), ...filtersOf(search) };
}

/** Amounts are ordered within one currency: without it the order by amount goes as well. */
function withoutLostOrder(search: ListSearch): ListSearch {
  const { sort, ...rest } = search;
  return sort?.endsWith("amount") && search.currency === undefined ? rest : search;
}

/**
 * The address after a change: keys given as undefined or empty are dropped. Anything but the columns and the open record
 * starts at the first page again.
 */
export function changed(search: ListSearch, change: Readonly<Record<string, string | undefined>>): ListSearch {
  const { cursor, ...rest } = search;
  const merged = { ...(staysOnPage(change) ? search : rest), ...change };
  return withoutLostOrder(
    Object.fromEntries(
      Object.entries(merged).flatMap(([key, value]) => (value === undefined || value === "" ? [] : [[key, value]])),
    ),
  );
}

/** The address of another view of the list: how it is laid out stays, unless the view says otherwise. */
export function viewOf(search: ListSearch, view: ListSearch): ListSearch {
  const { columns, size } = search;
  return { ...(columns === undefined ? {} : { columns }), ...(size === undefined ? {} : { size }), ...view };
}

/** True for changes of what is shown of the page, not of which page it is. */
export function staysOnPage(change: Readonly<Record<string, unknown>>): boolean {
  return Object.keys(change).every((key) => key === "columns" || key === "open");
}

/** Values of a filter that takes several. */
export function valuesOf(search: ListSearch, key: string): string[] {
  return search[key]?.split(",") ?? [];
}
