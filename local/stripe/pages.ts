import { invalidParam } from "./api-refusal.ts";
import { type FormParams, mapParam, textParam } from "./form-body.ts";
import { listObject, secondsOf } from "./stripe-objects.ts";

const DEFAULT_LIMIT = 10;
const MAX_LIMIT = 100;

/** One page of rows that are newest first, by Stripe's cursors: an object's id, exclusive. */
export function pageOf<Row extends { readonly id: string }>(options: {
  readonly url: string;
  readonly kind: string;
  readonly rows: readonly Row[];
  readonly params: FormParams;
  readonly render: (row: Row) => unknown;
}) {
  const { url, kind, rows, params, render } = options;
  const limit = readLimit(params);
  const after = textParam(params, "starting_after");
  const before = textParam(params, "ending_before");
  if (before !== undefined) {
    const end = indexOf(rows, before, kind, "ending_before");
    const start = Math.max(0, end - limit);
    return listObject(url, rows.slice(start, end).map(render), start > 0);
  }
  const start = after === undefined ? 0 : indexOf(rows, after, kind, "starting_after") + 1;
  return listObject(url, rows.slice(start, start + limit).map(render), rows.length > start + limit);
}

/** The filter `created`: seconds, or a range of `gt`, `gte`, `lt`, `lte`. */
export function createdFilter(params: FormParams): (createdMs: number) => boolean {
  const exact = textParam(params, "created");
  const range = mapParam(params, "created") ?? {};
  const bound = (name: string) => (typeof range[name] === "string" ? Number(range[name]) : undefined);
  const [gt, gte, lt, lte] = [bound("gt"), bound("gte"), bound("lt"), bound("lte")];
  return (createdMs) => {
    const created = secondsOf(createdMs);
    return (
      (exact === undefined || created === Number(exact)) &&
      (gt === undefined || created > gt) &&
      (gte === undefined || created >= gte) &&
      (lt === undefined || created < lt) &&
      (lte === undefined || created <= lte)
    );
  };
}

function readLimit(params: FormParams): number {
  const text = textParam(params, "limit");
  if (text === undefined) return DEFAULT_LIMIT;
  const limit = Number(text);
  if (!/^\d+$/.test(text)) throw invalidParam("limit", `Invalid integer: ${text}`, "parameter_invalid_integer");
  if (limit < 1 || limit > MAX_LIMIT) {
    throw invalidParam("limit", `This value must be between 1 and ${MAX_LIMIT}.`, "parameter_invalid_integer");
  }
  return limit;
}

function indexOf(rows: readonly { readonly id: string }[], id: string, kind: string, param: string): number {
  const index = rows.findIndex((row) => row.id === id);
  if (index < 0) throw invalidParam(param, `No such ${kind}: '${id}'`, "resource_missing");
  return index;
}
