import { describe, expect, it } from "vitest";
import {
  changed,
  filtersOf,
  parseSearch,
  queryOf,
  readListSearch,
  stringifySearch,
  viewOf,
} from "../../../console/src/list/list-search.ts";

describe("a list's address", () => {
  it("reads back what it wrote, with commas and colons as people write them", () => {
    const search = { status: "failed,pending", from: "2026-11-21T00:00:00.000Z", q: "a b&c" };
    const text = stringifySearch(search);
    expect(text).toContain("status=failed,pending");
    expect(text).toContain("from=2026-11-21T00:00:00.000Z");
    expect(parseSearch(text)).toEqual(search);
  });

  it("drops what isn't a short text", () => {
    expect(readListSearch({ status: "failed", q: "", size: 25, cursor: "x".repeat(2_001) })).toEqual({
      status: "failed",
    });
  });

  it("starts at the first page when a filter changes", () => {
    expect(changed({ cursor: "abc", status: "failed" }, { status: "pending" })).toEqual({ status: "pending" });
  });

  it("stays on the page when a record is opened or columns are chosen", () => {
    expect(changed({ cursor: "abc" }, { open: "ps_1" })).toEqual({ cursor: "abc", open: "ps_1" });
    expect(changed({ cursor: "abc", open: "ps_1" }, { open: undefined, columns: "a,b" })).toEqual({
      cursor: "abc",
      columns: "a,b",
    });
  });

  it("drops keys that are set to nothing", () => {
    expect(changed({ status: "failed", q: "x" }, { status: "", q: undefined })).toEqual({});
  });

  it("orders by amount only as long as there is one currency", () => {
    const ordered = { currency: "USD", sort: "-amount" };
    expect(changed(ordered, { status: "failed" })).toEqual({ ...ordered, status: "failed" });
    expect(changed(ordered, { currency: undefined })).toEqual({});
    expect(changed({ currency: "USD", sort: "-date" }, { currency: undefined })).toEqual({ sort: "-date" });
  });

  it("keeps the layout when another view is taken, unless the view has its own", () => {
    const search = { status: "failed", cursor: "abc", columns: "a,b", size: "100" };
    expect(viewOf(search, { status: "pending" })).toEqual({ status: "pending", columns: "a,b", size: "100" });
    expect(viewOf(search, { columns: "c" })).toEqual({ columns: "c", size: "100" });
  });

  it("asks the API for filters alone, in the list's own order where none is named", () => {
    const search = { status: "failed", cursor: "abc", columns: "a", size: "50", open: "ps_1" };
    expect(filtersOf(search)).toEqual({ status: "failed" });
    expect(queryOf({ defaultSort: "-date" }, search)).toEqual({ status: "failed", sort: "-date" });
    expect(queryOf({ defaultSort: "-date" }, { sort: "date" })).toEqual({ sort: "date" });
    expect(queryOf({}, {})).toEqual({});
  });
});
