import type { ComponentType, ReactNode } from "react";
import type { ApiClient } from "../api/console-api.ts";
import type { Me, Permission } from "../session/me.ts";
import type { FilterEditorProps } from "./filter-bar.tsx";
import type { ListSearch } from "./list-search.ts";

export interface Identified {
  readonly id: string;
}

export interface ListPage<T> {
  readonly data: readonly T[];
  readonly pagination: { readonly next_cursor: string | null; readonly total: number | null };
}

export interface Column<T> {
  readonly id: string;
  readonly header: string;
  readonly cell: (record: T) => ReactNode;
  /** What typing into the search box is compared with. */
  readonly text?: (record: T) => string;
  readonly align?: "right";
  /** The API's name of the order that this column stands for. */
  readonly sort?: "date" | "amount";
  /** Shown only when somebody chooses it. */
  readonly optional?: true;
  /** Can't be hidden; the heading of the card on a phone. */
  readonly primary?: true;
}

export type Filter = { readonly key: string; readonly label: string } & (
  | { readonly kind: "choice"; readonly options: readonly { readonly value: string; readonly label: string }[] }
  /** `from` and `to`: instants, picked as days. */
  | { readonly kind: "dates" }
  | { readonly kind: "text" }
  /** `currency`, `min_amount` and `max_amount` together. */
  | { readonly kind: "amount" }
  /** A page's own: the keys of the address that it sets, what they mean, and how they are edited. */
  | {
      readonly kind: "own";
      readonly keys: readonly string[];
      readonly describe: (search: ListSearch) => string | undefined;
      readonly Editor: ComponentType<FilterEditorProps>;
    }
);

/** A view of the list with a name. `when` may depend on the server's time. */
export interface Preset {
  readonly name: string;
  readonly search: (nowMs: number) => ListSearch;
}

/** Something that can be done with one record. */
export interface RecordAction<T> {
  readonly id: string;
  readonly label: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  readonly danger?: true;
  readonly needs: Permission;
  /** False leaves it out: it makes no sense for this record at all. */
  readonly concerns?: (record: T) => boolean;
  /** Why it can't be done with this record now, in words; undefined where it can. */
  readonly barred?: (record: T, me: Me) => string | undefined;
  /** Asks, explains and does it; loaded when it is opened. */
  readonly Dialog: ComponentType<{ record: T; onClose: () => void }>;
}

/** Something that can be done with up to 100 records at once. */
export interface BulkAction<T> {
  readonly id: string;
  readonly label: string;
  readonly icon: ComponentType<{ size?: number; stroke?: number }>;
  readonly danger?: true;
  readonly needs: Permission;
  /** Which of the selected records it is for. */
  readonly takes: (record: T, me: Me) => boolean;
  readonly Dialog: ComponentType<{ records: readonly T[]; onClose: () => void }>;
}

export interface ExportPage {
  readonly csv: string;
  readonly nextCursor: string | undefined;
}

export interface ListDefinition<T extends Identified> {
  /** The API's collection; also names what is kept in the browser. */
  readonly name: string;
  readonly one: string;
  readonly many: string;
  readonly columns: readonly Column<T>[];
  readonly filters: readonly Filter[];
  readonly presets: readonly Preset[];
  readonly defaultSort?: string;
  readonly searchLabel: string;
  readonly fetchPage: (
    api: ApiClient,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<ListPage<T>>;
  /** One page of the export; absent where the API has none. */
  readonly fetchExport?: (
    api: ApiClient,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ) => Promise<ExportPage>;
  readonly actions?: readonly RecordAction<T>[];
  readonly bulkActions?: readonly BulkAction<T>[];
  /** Everything about one record, beside the list; its id is `open` in the address. */
  readonly Detail?: ComponentType<{ id: string; onClose: () => void }>;
  /** What an empty list means here. */
  readonly empty: ReactNode;
}
