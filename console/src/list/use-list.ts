import { useNavigate, useRouterState, useSearch } from "@tanstack/react-router";
import { useMemo } from "react";
import type { ApiClient } from "../api/console-api.ts";
import { useLive } from "../api/live.ts";
import { useApi } from "../session/console-context.tsx";
import type { Identified, ListDefinition, ListPage } from "./list-definition.ts";
import { changed, type ListSearch, queryOf, staysOnPage, viewOf } from "./list-search.ts";

const DEFAULT_SIZE = 25;
export const pageSizes = [25, 50, 100] as const;

/** Several filters at once may give short pages that go on: at most this many are asked for to fill one. */
const MAXIMUM_REQUESTS = 6;

export interface ListState {
  readonly search: ListSearch;
  readonly size: number;
  /** Counted from 1; undefined where the page was reached by its address. */
  readonly page: number | undefined;
  /** Sets keys and drops those given as undefined; anything but the page itself starts at the first page again. */
  readonly change: (change: Readonly<Record<string, string | undefined>>) => void;
  /** Takes another view of the list as a whole; columns and page size stay, unless it names them. */
  readonly replace: (search: ListSearch) => void;
  readonly next: (cursor: string) => void;
  readonly back: (() => void) | undefined;
}

/** The list's state in the address of the page that is shown; the same object until the address changes. */
export function useListState(): ListState {
  const search = useSearch({ strict: false }) as ListSearch;
  const trail = useRouterState({ select: ({ location }) => location.state.trail });
  const navigate = useNavigate();

  return useMemo(() => {
    const { cursor } = search;
    const replace = (view: ListSearch) =>
      void navigate({ to: ".", search: viewOf(search, view), replace: true, resetScroll: false });
    const back = () => {
      const before = trail?.at(-1) ?? "";
      const { cursor: _left, ...rest } = search;
      const to = before === "" ? rest : { ...rest, cursor: before };
      void navigate({ to: ".", search: to, state: { trail: trail?.slice(0, -1) ?? [] } });
    };
    return {
      search,
      size: pageSizes.find((size) => String(size) === search.size) ?? DEFAULT_SIZE,
      page: cursor === undefined ? 1 : trail && trail.length + 1,
      change: (change) =>
        void navigate({
          to: ".",
          search: changed(search, change),
          // What is open can be left by going back; a change of filters is no place that one goes back to.
          replace: !("open" in change),
          resetScroll: false,
          ...(staysOnPage(change) && trail !== undefined ? { state: { trail } } : {}),
        }),
      replace,
      next: (to) =>
        void navigate({
          to: ".",
          search: { ...search, cursor: to },
          state: { trail: [...(trail ?? []), cursor ?? ""] },
        }),
      back: cursor === undefined ? undefined : back,
    };
  }, [search, trail, navigate]);
}

/** The records of the page that the address names, kept up to date. */
export function useListPage<T extends Identified>(list: ListDefinition<T>, { search, size }: ListState) {
  const api = useApi();
  const query = queryOf(list, search);
  const { cursor } = search;
  return useLive({
    queryKey: [list.name, "list", query, size, cursor],
    queryFn: ({ signal }) => fillPage(list, { api, query, cursor, size, signal }),
  });
}

interface Filling {
  readonly api: ApiClient;
  readonly query: Readonly<Record<string, string>>;
  readonly cursor: string | undefined;
  readonly size: number;
  readonly signal: AbortSignal;
}

async function fillPage<T extends Identified>(
  list: ListDefinition<T>,
  { api, query, cursor, size, signal }: Filling,
): Promise<ListPage<T>> {
  const records: T[] = [];
  let next = cursor;
  for (let requests = 0; ; requests += 1) {
    const limit = String(size - records.length);
    const asked = { ...query, limit, ...(next === undefined ? {} : { cursor: next }) };
    const page = await list.fetchPage(api, asked, signal);
    records.push(...page.data);
    const { next_cursor: after } = page.pagination;
    if (after === null || records.length >= size || requests + 1 >= MAXIMUM_REQUESTS) {
      return { data: records, pagination: page.pagination };
    }
    next = after;
  }
}
